import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Setting(pw.Model):
        key = pw.CharField(unique=True)
        value = pw.TextField(null=True)
        note = pw.TextField(null=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('setting')
