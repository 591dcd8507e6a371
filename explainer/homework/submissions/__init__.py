"""One reader a kind of file that students send."""
