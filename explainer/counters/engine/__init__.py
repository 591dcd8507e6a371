"""What the tools share: which operations torch runs, what hooks and patches see."""
