"""Robustness: the same pages in other spellings, with their labels, and what an extractor loses.

``edits`` changes a text and maps its offsets, ``table`` is the table of changes,
``projection`` takes the labels along, and ``run`` scores an extractor on all of it.
"""
