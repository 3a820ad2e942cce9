"""Readers of corpora of quotations, one module for each; all are only read.

They make the scorer a ruler for quotations in other languages. What a corpus holds and a record
does not is counted in a warning.
"""
