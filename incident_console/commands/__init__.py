"""What each command does: settings in, rooms called, facts printed. No logic of their own.

Every command is a function of the parsed arguments that returns an exit code; what it needs is imported when it is
called, because `gate` and `verify` run in hooks.
"""
