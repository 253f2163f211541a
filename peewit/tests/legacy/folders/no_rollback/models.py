import peewee as pw


class Visit(pw.Model):
    path = pw.CharField()
    agent = pw.TextField(null=True)
    referer = pw.TextField(null=True)
    seconds = pw.IntegerField(null=True)
