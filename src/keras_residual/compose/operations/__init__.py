"""What the parts do, one kind a file; `compose.parts` has their names."""
