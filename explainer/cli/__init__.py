"""The command line: what is typed, and in which language it answers."""
