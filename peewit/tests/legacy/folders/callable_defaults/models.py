import datetime
import uuid

import peewee as pw


class Letter(pw.Model):
    subject = pw.CharField()
    made = pw.DateTimeField(default=datetime.datetime.now)
    token = pw.UUIDField(default=uuid.uuid4)
    tags = pw.TextField(default=lambda: '[]')
