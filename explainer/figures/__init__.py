"""Walkthrough → figures: SVG drawn from plain data, without torch and without a browser."""
