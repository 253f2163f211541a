import peewee as pw
from peewee import SQL


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Gauge(pw.Model):
        name = pw.CharField(constraints=[SQL("DEFAULT 'none'")])
        low = pw.IntegerField(constraints=[SQL('DEFAULT 0'), pw.Check('low >= 0')])
        high = pw.IntegerField(default=100, constraints=[SQL('DEFAULT 100')])
        seen = pw.DateTimeField(constraints=[SQL('DEFAULT CURRENT_TIMESTAMP')], null=True)
        at = pw.TimeField(null=True)
        stamp = pw.TimestampField(null=True)
        flags = pw.BitField(default=0)

        class Meta:
            constraints = [pw.Check('high > low')]


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('gauge')
