import peewee as pw


class Key(pw.Model):
    name = pw.CharField()
    limit = pw.IntegerField(null=True)
    scope = pw.CharField(default='read')
