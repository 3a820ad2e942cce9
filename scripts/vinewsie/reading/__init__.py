"""Files become gold and predictions: detect the format, read, place, check, convert."""
