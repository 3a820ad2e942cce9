"""Defaults that the library and its command line share; this module loads nothing."""

TIMEOUT = 300.0
"""Seconds that an extractor has for a document."""

RESAMPLES = 1000
"""Bootstrap resamples of an interval."""

SHUFFLES = 10_000
"""Shuffles of the randomisation test."""
