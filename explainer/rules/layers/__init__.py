"""Rules for modules, one file a theme."""
