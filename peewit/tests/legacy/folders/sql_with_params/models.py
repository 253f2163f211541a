import peewee as pw


class Setting(pw.Model):
    key = pw.CharField(unique=True)
    value = pw.TextField(null=True)
    note = pw.TextField(null=True)
