"""What needs the model run again: memory, other sizes."""
