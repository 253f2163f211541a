import peewee as pw


def migrate(migrator, database, **kwargs):
    @migrator.create_model
    class Queue(pw.Model):
        name = pw.CharField(primary_key=True, max_length=32)
        weight = pw.IntegerField(default=10)


def rollback(migrator, database, **kwargs):
    migrator.remove_model('queue')
