"""A read answer beside the right one: verdict, marks, words."""
