"""The version, static: nothing is asked of git."""

__version__ = "0.1.0"
