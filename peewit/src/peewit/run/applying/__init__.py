"""Pending migrations → the database: one after the other or together, and what is done when one fails."""
