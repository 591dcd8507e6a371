"""Markdown → one self-contained page."""
