"""Figures for programs: JSON."""
