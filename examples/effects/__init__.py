"""What the published effects share: seeds in pairs, a noise floor, a record."""
