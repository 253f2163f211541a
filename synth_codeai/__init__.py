"""The project memory of an AI coding assistant: what it was asked, what it learned, what it did."""

__all__ = ["__version__"]

__version__ = "0.1.0"
