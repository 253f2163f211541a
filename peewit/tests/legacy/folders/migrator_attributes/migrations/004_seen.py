import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    for model in list(migrator.orm.values()):
        migrator.add_fields(model, seen=pw.BooleanField(default=False))
    assert migrator.database is not None
    if 'film' in migrator.orm:
        migrator.ops.append(lambda: migrator.database.execute_sql("INSERT INTO film (title, seen) VALUES ('Brazil', '1')"))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DELETE FROM film")
    for name in ('film', 'actor'):
        migrator.remove_fields(migrator.orm.get(name), 'seen')
