"""Files and folders that somebody else writes: which of them changed just now?"""
