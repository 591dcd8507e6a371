"""A class: many files, one grading, pages and marks."""
