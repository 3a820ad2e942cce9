"""A result becomes something to look at."""
