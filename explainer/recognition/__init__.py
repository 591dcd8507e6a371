"""What modules and stretches of a forward are: each proven by running it beside its definition on random numbers."""
