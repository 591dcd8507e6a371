"""The waist: one model explained, as plain data."""
