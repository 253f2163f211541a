import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Town(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Country(pw.Model):
        code = pw.CharField(max_length=2, unique=True)

    @migrator.create_model
    class Flag(pw.Model):
        country = pw.ForeignKeyField(Country, backref='flags')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('flag')
    migrator.remove_model('country')
    migrator.remove_model('town')
