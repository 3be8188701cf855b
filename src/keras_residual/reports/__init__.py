"""Pages: the frame that all of them share, and the page of `inspect`."""
