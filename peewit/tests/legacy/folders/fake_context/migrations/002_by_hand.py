import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.sql('ALTER TABLE session ADD COLUMN ip VARCHAR(255)')
    with migrator.fake():
        migrator.add_fields('session', ip=pw.CharField(null=True))
    migrator.add_fields('session', agent=pw.CharField(null=True))


def rollback(migrator, database, *, fake=False):
    migrator.remove_fields('session', 'ip', 'agent')
