"""How figures change with the input's size, measured and proved."""
