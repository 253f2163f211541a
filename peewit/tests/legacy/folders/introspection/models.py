import peewee as pw


class Job(pw.Model):
    name = pw.CharField(index=True)
    state = pw.CharField(default='new', max_length=10)
    retries = pw.IntegerField(default=0)


class Worker(pw.Model):
    host = pw.CharField()
