import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Server(pw.Model):
        host = pw.CharField()
        ip = pw.CharField(null=True, max_length=39)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP TABLE server')
