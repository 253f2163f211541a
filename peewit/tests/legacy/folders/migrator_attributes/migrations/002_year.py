import peewee as pw
from playhouse.migrate import migrate as playhouse_migrate


def migrate(migrator, database, fake=False, **kwargs):
    year = pw.IntegerField(null=True)
    migrator.orm['film']._meta.add_field('year', year)
    if not fake:
        playhouse_migrate(migrator.migrator.add_column('film', 'year', year))


def rollback(migrator, database, fake=False, **kwargs):
    playhouse_migrate(migrator.migrator.drop_column('film', 'year'))
    migrator.orm['film']._meta.remove_field('year')
