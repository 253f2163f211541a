import peewee as pw


class Event(pw.Model):
    kind = pw.CharField(max_length=20, index=True)
    source = pw.CharField(max_length=20)
    ref = pw.CharField(max_length=40, unique=True)
    day = pw.DateField()
    level = pw.IntegerField(default=0)

    class Meta:
        indexes = (
            (('source', 'day'), True),
            (('day', 'level', 'kind'), False),
        )
