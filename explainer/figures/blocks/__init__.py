"""A block of a network as a small graph: chains and what runs beside them, laid out from left to right."""
