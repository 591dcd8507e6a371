"""Ordered formulas: the tree, its values, its edits, its printing, its normal form."""
