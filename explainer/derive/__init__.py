"""Calls and rules → a walkthrough: every figure derived, and set beside torch's own."""
