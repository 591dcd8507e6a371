"""Homework: questions on a walkthrough, answers read and judged, mistakes named, worksheets made and graded."""
