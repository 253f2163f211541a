import os

import peewee as pw

on_sqlite = os.environ['DATABASE_URL'].startswith('sqlite')


class Document(pw.Model):
    name = pw.CharField(max_length=80)
    body = pw.TextField(null=True)
    size = pw.BigIntegerField(default=0, constraints=[] if on_sqlite else [pw.Check('size >= 0')])


Document.add_index(pw.SQL('CREATE INDEX document_name_lower ON document (lower(name))'))
