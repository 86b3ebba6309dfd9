"""One incident being worked: the only place that writes a record, and what follows a run for it."""
