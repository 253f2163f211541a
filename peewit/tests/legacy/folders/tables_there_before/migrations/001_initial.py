import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Owner(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Cat(pw.Model):
        owner = pw.ForeignKeyField(Owner, backref='cats')
        name = pw.CharField(index=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('cat')
    migrator.remove_model('owner')
