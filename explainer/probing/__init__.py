"""Builds a model at other values of what it was built with, to find the formulas of its family."""
