"""Rules for functions and methods of tensors, one file a theme."""
