"""What can go wrong, as sentences for the operator, and the exit code each one ends a command with.

A message says what is wrong, where, and what to do; the command line prints it on stderr without a traceback.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    NO = 1
    """Done, and the answer is "no": gate closed, verify failed, check found faults, rungs still open."""
    USAGE = 2
    INPUT = 3
    """Something read from outside is unreadable or not trusted."""
    EVIDENCE = 4
    """Evidence that a rung needs could not be captured."""
    RECORD = 5
    """The record could not be written."""
    INTERRUPTED = 130


class ConsoleError(Exception):
    """A failure the operator is told of in one sentence."""

    exit_code = Exit.NO


class UsageError(ConsoleError):
    exit_code = Exit.USAGE


class InputError(ConsoleError):
    """Something read from outside is missing, broken, hostile or not trusted."""

    exit_code = Exit.INPUT


class EvidenceError(ConsoleError):
    exit_code = Exit.EVIDENCE


class RecordError(ConsoleError):
    """The record could not be written; nothing that was not acknowledged may be called saved."""

    exit_code = Exit.RECORD


class DiskError(RecordError):
    """The disk did not take it, or the record's files are not there: it may be taken later."""


class HeldError(RecordError):
    """Not recorded, but held in memory: it goes into the record by itself as soon as the disk takes it."""


class Refused(ConsoleError):
    """An intent that the ladder or the record does not take, with the reason (nothing was recorded)."""
