"""What the command returns to its shell, besides 0."""

EXIT_DISAGREES, EXIT_USAGE = 1, 2  # something is wrong with what was asked about; with how it was asked
