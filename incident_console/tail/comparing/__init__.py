"""Two logs side by side, from the first line that differs."""
