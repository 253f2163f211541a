"""Operations ⇄ migration files in the peewee-migrate format.

Light parts (:mod:`~peewit.files.names`, :mod:`~peewit.files.checksum`) are imported by name where only they
are needed: an application's start reads a directory and nothing else.
"""
