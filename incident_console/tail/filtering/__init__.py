"""A text with only the lines that are wanted."""
