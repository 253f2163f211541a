import peewee as pw


class Session(pw.Model):
    token = pw.CharField()
    ip = pw.CharField(null=True)
    agent = pw.CharField(null=True)
