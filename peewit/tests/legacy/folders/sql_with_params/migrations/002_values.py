import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    p = '?' if isinstance(database, pw.SqliteDatabase) else '%s'
    migrator.sql('INSERT INTO setting (key, value) VALUES ({0}, {0})'.format(p), 'theme', "it's dark")
    migrator.sql('INSERT INTO setting (key, value, note) VALUES ({0}, {0}, {0})'.format(p), 'size', '12', None)
    migrator.sql("INSERT INTO setting (key, value) VALUES ('share', '100 percent')")


def rollback(migrator, database, fake=False, **kwargs):
    p = '?' if isinstance(database, pw.SqliteDatabase) else '%s'
    migrator.sql('DELETE FROM setting WHERE key = ' + p, 'size')
    migrator.sql("DELETE FROM setting WHERE key <> 'size'")
