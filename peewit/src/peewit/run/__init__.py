"""Statements → database, in seven packages; each knows those after it.

looking     what is there: ``check``, ``doctor``
trying      what would happen: plans, proofs of new files, scripts
applying    pending migrations, one after the other or together
replaying   files → the schema they lead to
sessions    one for each kind of database
database    opening it, locking it
records     what is kept in it: history, journal

Imported by name: an application's start needs the history and nothing else.
"""
