import peewee as pw


class Feed(pw.Model):
    url = pw.CharField()
    etag = pw.CharField(null=True)
    errors = pw.IntegerField(default=0)
