"""A student's code run locked up, and what comes back from there."""
