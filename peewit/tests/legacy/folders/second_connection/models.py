import peewee as pw


class Bookmark(pw.Model):
    url = pw.TextField()
    title = pw.TextField(null=True)
    visits = pw.IntegerField(default=0)
