"""Migrations of the project memory, oldest first, written by `make migrate-create name=...`."""
