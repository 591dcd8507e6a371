"""A walkthrough → the document that teaches it."""
