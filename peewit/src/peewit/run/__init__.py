"""Statements → database: session, lock, history, journal, replay, plan and proof.

Imported by name: an application's start needs the history and nothing else.
"""
