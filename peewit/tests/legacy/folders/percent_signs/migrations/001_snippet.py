import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    p = '%' if isinstance(database, pw.SqliteDatabase) else '%%'

    @migrator.create_model
    class Snippet(pw.Model):
        text = pw.TextField()

    migrator.sql("INSERT INTO snippet (text) VALUES ('50{0} off'), ('what?'), ('{0}s and ?'), ('a:b')".format(p))
    migrator.sql("DELETE FROM snippet WHERE text LIKE '{0}off{0}'".format(p))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('snippet')
