import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Event(pw.Model):
        kind = pw.CharField(max_length=20)
        source = pw.CharField(max_length=20, index=True)
        ref = pw.CharField(max_length=40)
        day = pw.DateField()
        level = pw.IntegerField(default=0)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('event')
