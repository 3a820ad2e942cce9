"""Label Studio: a local server, and label files sent to a server and fetched from it."""
