"""Why eight tools give eight numbers: what each of them would print for a model, and the bridge to it."""
