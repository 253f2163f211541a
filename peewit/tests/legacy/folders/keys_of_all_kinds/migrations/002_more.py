import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('wallet', label=pw.CharField(null=True))
    migrator.add_fields('rate', source=pw.CharField(default='ecb'))
    migrator.sql("INSERT INTO currency (code) VALUES ('EUR'), ('SEK')")
    migrator.sql("INSERT INTO rate (base_id, other_id, value, source) VALUES ('EUR', 'SEK', 11.5, 'riks')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM rate')
    migrator.sql('DELETE FROM currency')
    migrator.remove_fields('rate', 'source')
    migrator.remove_fields('wallet', 'label')
