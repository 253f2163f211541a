import peewee as pw
from playhouse.sqlite_ext import AutoIncrementField, JSONField


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Doc(pw.Model):
        id = AutoIncrementField()
        meta = JSONField(null=True)
        body = pw.TextField()

    def seed():
        Doc.create(meta={'tags': ['a', 'b']}, body='hello world')

    migrator.python(seed)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('doc')
