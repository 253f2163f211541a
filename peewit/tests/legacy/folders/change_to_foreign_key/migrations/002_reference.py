import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.change_fields('boat', owner=pw.ForeignKeyField(
        model=migrator.orm['owner'], column_name='owner_id', on_delete='CASCADE', on_update='RESTRICT', index=False))


def rollback(migrator, database, fake=False, **kwargs):
    pass
