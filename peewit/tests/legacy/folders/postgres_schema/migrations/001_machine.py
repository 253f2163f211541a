import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Machine(pw.Model):
        name = pw.CharField(unique=True)
        kind = pw.CharField(null=True)

        class Meta:
            schema = 'ops'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('machine')
