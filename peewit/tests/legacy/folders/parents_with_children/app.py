import os

import peewee as pw

db = pw.SqliteDatabase(os.environ['DATABASE_URL'].replace('sqlite:///', ''), pragmas={'foreign_keys': 1})
