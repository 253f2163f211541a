import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Tag(pw.Model):
        name = pw.CharField(unique=True)

    def load(names):
        Tag.insert_many([{'name': name} for name in names]).execute()

    migrator.python(load, ['Big Data', 'Peewee'])


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('tag')
