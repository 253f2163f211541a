"""Statements → database: one session for each kind, with what it proves, guards, fills and tells meanwhile."""
