"""One training in several processes and on several devices."""
