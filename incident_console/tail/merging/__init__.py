"""Several files as one stream, by time."""
