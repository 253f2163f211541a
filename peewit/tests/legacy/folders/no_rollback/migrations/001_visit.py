import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    class Visit(pw.Model):
        path = pw.CharField()

    migrator.create_model(Visit)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('visit')
