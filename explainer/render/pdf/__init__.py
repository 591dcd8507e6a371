"""The page → PDF."""
