import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    try:
        database.execute_sql('SELECT id FROM feed LIMIT 1').fetchall()
    except pw.OperationalError:
        database.execute_sql('CREATE TABLE feed (id INTEGER NOT NULL PRIMARY KEY, url VARCHAR(255) NOT NULL)')

    @migrator.create_model
    class Feed(pw.Model):
        url = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('feed')
