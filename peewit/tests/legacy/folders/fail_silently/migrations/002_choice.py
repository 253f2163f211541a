import peewee as pw
from playhouse.migrate import SqliteMigrator, migrate as alter


def migrate(migrator, database, fake=False, **kwargs):
    alter(SqliteMigrator(database).add_column('vote', 'choice', pw.IntegerField(default=0)))


def rollback(migrator, database, fake=False, **kwargs):
    alter(SqliteMigrator(database).drop_column('vote', 'choice'))
