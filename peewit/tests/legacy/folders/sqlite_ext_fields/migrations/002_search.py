from playhouse.sqlite_ext import FTS5Model, JSONField, SearchField


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('CREATE VIRTUAL TABLE docindex USING fts5 (body)')
    migrator.sql('INSERT INTO docindex (rowid, body) SELECT id, body FROM doc')
    migrator.add_fields('doc', extra=JSONField(default=dict))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('doc', 'extra')
    migrator.sql('DROP TABLE docindex')
