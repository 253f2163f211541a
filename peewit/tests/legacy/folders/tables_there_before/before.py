import peewee as pw


def prepare(db):
    """What version 1.0 of the application did at its start."""

    class Base(pw.Model):
        class Meta:
            database = db

    class Owner(Base):
        name = pw.CharField()

    class Cat(Base):
        owner = pw.ForeignKeyField(Owner)
        name = pw.CharField(index=True)

    db.create_tables([Owner, Cat])
    Cat.create(name='Tom', owner=Owner.create(name='Ann'))
    db.close()
