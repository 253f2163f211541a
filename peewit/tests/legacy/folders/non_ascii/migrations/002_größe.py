import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO \"straße\" (name) VALUES ('東京通り → 100 €')")
    migrator.add_fields('straße', größe=pw.IntegerField(null=True, column_name='groesse'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('straße', 'größe')
    migrator.sql('DELETE FROM "straße"')
