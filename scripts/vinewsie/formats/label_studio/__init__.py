"""Label Studio: the labelling page as a model, and its tasks as a file format."""
