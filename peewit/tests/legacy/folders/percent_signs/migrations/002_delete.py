import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    p = '%' if isinstance(database, pw.SqliteDatabase) else '%%'
    database.execute_sql("DELETE FROM snippet WHERE text LIKE '" + p + ":" + p + "'")


def rollback(migrator, database, fake=False, **kwargs):
    pass
