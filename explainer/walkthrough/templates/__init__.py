"""Blocks of one structure: told once with symbols of their own, and a table has the instances."""
