"""Where logs are: names, globs, rotated siblings, mounts."""
