import peewee as pw


class Host(pw.Model):
    name = pw.CharField()
    port = pw.IntegerField(null=True)
