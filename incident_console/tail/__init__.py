"""From files to lines: reading, following, searching and keeping logs. No screen here."""
