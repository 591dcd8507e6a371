"""Memory by the life of storages, on the meta device."""
