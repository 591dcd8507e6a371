"""A number → what it may be."""
