"""The words that all stages share: kinds, symbols, shapes."""
