import peewee as pw


class Photo(pw.Model):
    path = pw.CharField()
    size = pw.IntegerField(null=True)
