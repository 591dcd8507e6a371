"""What the command returns to its shell, besides 0; of several the first in this order: 2, 1, 3."""

EXIT_DISAGREES, EXIT_USAGE = 1, 2  # something is wrong with what was asked about; with how it was asked
EXIT_INCOMPLETE = 3  # nothing is wrong, but the forward pass is known in part only, and what was asked stays open
