"""One file an idea: what is a candidate, its definition, how both are run, and the words for it."""
