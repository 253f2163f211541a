import peewee as pw


def migrate(migrator, database):

    class Host(pw.Model):
        name = pw.CharField(index=True)
        port = pw.IntegerField()

    migrator.create_table(Host)


def rollback(migrator, database):
    migrator.drop_table('host', cascade=False)
