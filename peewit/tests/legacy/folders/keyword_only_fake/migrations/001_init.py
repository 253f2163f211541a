from contextlib import suppress

import peewee as pw
from peewee_migrate import Migrator


with suppress(ImportError):
    import playhouse.postgres_ext as pw_pext


def migrate(migrator: Migrator, database: pw.Database, *, fake=False):
    """Write your migrations here."""

    @migrator.create_model
    class Sensor(pw.Model):
        id = pw.AutoField()
        code = pw.CharField(max_length=16, unique=True)
        unit = pw.CharField(max_length=8)

        class Meta:
            table_name = "sensor"

    @migrator.create_model
    class Reading(pw.Model):
        id = pw.AutoField()
        sensor = pw.ForeignKeyField(column_name='sensor_id', field='id', model=migrator.orm['sensor'], on_delete='CASCADE')
        value = pw.DoubleField()
        taken_at = pw.DateTimeField(index=True)

        class Meta:
            table_name = "reading"
            indexes = [(('sensor', 'taken_at'), True)]


def rollback(migrator: Migrator, database: pw.Database, *, fake=False):
    """Write your rollback migrations here."""

    migrator.remove_model('reading')

    migrator.remove_model('sensor')
