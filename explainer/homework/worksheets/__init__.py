"""Sheets: which questions, on which page, with which key."""
