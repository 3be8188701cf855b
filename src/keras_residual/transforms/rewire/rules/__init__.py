"""What `replace` can replace; one rule a file."""
