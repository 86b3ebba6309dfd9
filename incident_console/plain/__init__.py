"""The same ladder as questions and answers, line by line: for screen readers, dumb terminals and pipes.

Nothing here moves a cursor or draws: what is said is plain lines, one fact a line, the important first.
"""
