import peewee as pw
from playhouse.sqlite_ext import AutoIncrementField, JSONField


class Doc(pw.Model):
    id = AutoIncrementField()
    meta = JSONField(null=True)
    body = pw.TextField()
    extra = JSONField(default=dict)
