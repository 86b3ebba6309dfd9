"""A terminal console for the middle of an incident."""

__version__ = "0.1.0"
