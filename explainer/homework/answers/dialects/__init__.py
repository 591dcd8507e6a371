"""Notations of textbooks and courses, one table a file: the names that a formula may use, by what they stand for.

A table is read as a whole: a formula is right if it is right in one notation, never by a name from each. `--terms` adds
one more. The list is in `catalogue.py`.
"""
