"""One forward pass on the meta device, written down call by call."""
