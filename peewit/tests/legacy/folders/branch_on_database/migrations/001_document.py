import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Document(pw.Model):
        name = pw.CharField(max_length=80)
        body = pw.TextField(null=True)
        if isinstance(database, pw.SqliteDatabase):
            size = pw.BigIntegerField(default=0)
        else:
            size = pw.BigIntegerField(default=0, constraints=[pw.Check('size >= 0')])


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('document')
