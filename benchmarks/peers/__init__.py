"""The same networks, written by hand: what ours are compared with."""
