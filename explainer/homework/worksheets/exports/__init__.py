"""A sheet for other programs, one file a format."""
