import peewee as pw


class Owner(pw.Model):
    name = pw.CharField()


class Dog(pw.Model):
    owner = pw.ForeignKeyField(Owner, backref='dogs')
    name = pw.CharField()
    breed = pw.CharField(null=True)
