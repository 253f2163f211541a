def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE server RENAME TO machine')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE machine RENAME TO server')
