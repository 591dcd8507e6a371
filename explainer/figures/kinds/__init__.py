"""One file a kind of figure; those with a `FIGURE` are found by the table."""
