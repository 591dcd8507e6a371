"""The tools' figures side by side, and which of them a given number is."""
