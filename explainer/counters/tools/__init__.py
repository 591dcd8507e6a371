"""One file a tool, each with its `CONVENTION`."""
