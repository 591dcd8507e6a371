"""torch without what it imports only to compile: shape kernels, operators in a mode."""
