import peewee as pw


class Machine(pw.Model):
    name = pw.CharField(unique=True)
    kind = pw.CharField(null=True)

    class Meta:
        schema = 'ops'


class Note(pw.Model):
    text = pw.TextField()
