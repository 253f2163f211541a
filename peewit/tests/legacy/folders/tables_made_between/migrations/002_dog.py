import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Dog(pw.Model):
        owner = pw.ForeignKeyField(migrator.orm['owner'], backref='dogs')
        name = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('dog')
