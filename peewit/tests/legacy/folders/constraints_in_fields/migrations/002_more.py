import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('gauge', ip=pw.IPField(null=True), unit=pw.FixedCharField(max_length=3, null=True))
    migrator.sql("INSERT INTO gauge (name, low, high, flags, seen) VALUES ('t', 1, 2, 0, NULL)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM gauge')
    migrator.remove_fields('gauge', 'ip', 'unit')
