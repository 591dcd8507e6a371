"""A page before it has a format: nodes, and what builds them."""
