"""How a benchmark measures: fresh processes, interleaved rounds, a record."""
