"""What each command does: the one place that knows every stage. Every function returns the exit code."""

EXIT_DISAGREES, EXIT_USAGE = 1, 2
