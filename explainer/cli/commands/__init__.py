"""What each command does, and its options."""
