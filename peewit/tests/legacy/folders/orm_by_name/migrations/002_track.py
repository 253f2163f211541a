import peewee as pw
from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake=False):
    Stage = migrator.orm.Stage

    @migrator.create_model
    class Track(pw.Model):
        stage = pw.ForeignKeyField(Stage, null=True)
        length = pw.FloatField(default=0)


def rollback(migrator: Migrator, database: pw.Database, *, fake=False):
    migrator.remove_model('Track')
