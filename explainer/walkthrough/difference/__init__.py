"""What one model has and another has not, as a sum: `terms_of` in `collect.py`, the data in `terms.py`."""
