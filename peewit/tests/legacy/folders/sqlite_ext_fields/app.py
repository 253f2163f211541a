import os

from peewee import SqliteDatabase

db = SqliteDatabase(os.environ['DATABASE_URL'].replace('sqlite:///', ''), pragmas={'journal_mode': 'wal'})
