import peewee as pw


def migrate(migrator, database):
    Note = migrator.orm['note']
    migrator.add_columns(Note, pinned=pw.BooleanField(default=False))


def rollback(migrator, database):
    migrator.drop_columns('note', 'pinned')
