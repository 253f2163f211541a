import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Bookmark(pw.Model):
        url = pw.TextField()
        title = pw.TextField(null=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('bookmark')
