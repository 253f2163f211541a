import peewee as pw


class Country(pw.Model):
    code = pw.CharField(max_length=2, unique=True)
    name = pw.CharField(null=True)
    eu = pw.BooleanField(default=False)


class Stamp(pw.Model):
    country = pw.ForeignKeyField(Country)
    year = pw.IntegerField()
