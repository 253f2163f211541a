"""Kept so that the numbers stay as they are."""
