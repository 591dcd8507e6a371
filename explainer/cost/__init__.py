"""What a model costs beside its parameters: memory, receptive fields, totals in symbols."""
