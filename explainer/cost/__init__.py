"""What a model costs beside its parameters, read from a walkthrough: memory, receptive fields, totals in symbols."""
