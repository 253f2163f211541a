import peewee as pw
from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake=False):
    Lamp = migrator.Lamp
    migrator.add_fields(Lamp, watts=pw.IntegerField(null=True))
    migrator.run(lambda: Lamp.insert(room='hall', watts=40).execute())


def rollback(migrator: Migrator, database: pw.Database, *, fake=False):
    migrator.remove_fields(migrator.Lamp, 'watts')
