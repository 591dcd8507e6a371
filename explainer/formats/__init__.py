"""The formats that a lesson is written in: a file each, with its `FORMAT`; it is found here."""
