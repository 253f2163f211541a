import peewee as pw


class Tag(pw.Model):
    name = pw.CharField(unique=True)
    slug = pw.CharField(null=True)
