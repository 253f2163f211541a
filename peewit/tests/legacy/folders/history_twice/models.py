import peewee as pw


class Plant(pw.Model):
    name = pw.CharField()
    water = pw.IntegerField(default=1)
