import peewee as pw


class Parcel(pw.Model):
    code = pw.CharField()
    weight = pw.IntegerField(default=0)
