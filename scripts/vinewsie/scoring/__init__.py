"""Two sides become a result: columns, alignment, measures, counts, resampling."""
