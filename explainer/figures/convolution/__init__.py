"""The parts of the figure of one convolution: in one, two and three dimensions, transposed, and its places along a side."""
