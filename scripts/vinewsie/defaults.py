"""Defaults and choices that the library and its command line share; this module loads nothing."""

from typing import Literal

TIMEOUT = 300.0
"""Seconds that an extractor has for a document."""

MAX_ANSWER = 64
"""Megabytes (2²⁰ bytes) of the longest answer of a service, decompressed, or of a process."""

MAX_ANSWER_VARIABLE = "VINEWSIE_MAX_ANSWER"
"""The environment variable that gives the limit of a run to its processes."""

EPOCH_VARIABLE = "VINEWSIE_EPOCH"
"""The environment variable that gives an extractor the number of the epoch, from 1."""

RESAMPLES = 1000
"""Bootstrap resamples of an interval."""

UnitChoice = Literal["auto", "document", "segment"]
"""What intervals resample; ``auto`` chooses by the number of documents."""

SHUFFLES = 10_000
"""Shuffles of the randomisation test."""
