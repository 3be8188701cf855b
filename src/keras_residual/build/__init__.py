"""Make a graph: the equation, its parts, the published blocks and networks."""
