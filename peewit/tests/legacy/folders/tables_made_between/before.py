import peewee as pw


def between(database, name):
    """create_tables() at the start of the application, as it was then."""

    class Owner(pw.Model):
        name = pw.CharField()

    class Dog(pw.Model):
        owner = pw.ForeignKeyField(Owner, backref='dogs')
        name = pw.CharField()

    with database.bind_ctx([Owner, Dog]):
        database.create_tables([Owner, Dog], safe=True)
    database.close()
