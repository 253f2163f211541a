import peewee as pw


class Queue(pw.Model):
    name = pw.CharField(primary_key=True, max_length=32)
    weight = pw.IntegerField(default=10)
