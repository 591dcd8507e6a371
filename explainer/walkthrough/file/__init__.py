"""A walkthrough as JSON and back: what a file holds, and what is refused of a stranger's."""
