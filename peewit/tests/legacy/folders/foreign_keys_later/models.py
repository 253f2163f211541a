import peewee as pw


class Country(pw.Model):
    code = pw.CharField(max_length=2, unique=True)


class Town(pw.Model):
    name = pw.CharField()
    country = pw.ForeignKeyField(Country, backref='towns', null=True, on_delete='CASCADE', column_name='country_id')
    twin = pw.ForeignKeyField('self', null=True, backref='twins')
