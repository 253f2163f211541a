import peewee as pw
from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake=False):
    for model in migrator:
        migrator.add_fields(model, updated_by=pw.CharField(null=True))
    names = [model._meta.table_name for model in migrator.orm]
    assert sorted(names) == ['stage', 'track'], names


def rollback(migrator: Migrator, database: pw.Database, *, fake=False):
    for model in migrator.orm:
        migrator.remove_fields(model, 'updated_by')
