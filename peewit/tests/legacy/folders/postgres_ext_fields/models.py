import peewee as pw
from playhouse.postgres_ext import ArrayField, BinaryJSONField, DateTimeTZField, TSVectorField


class Message(pw.Model):
    payload = BinaryJSONField(default=dict)
    tags = ArrayField(pw.CharField, null=True)
    sent = DateTimeTZField(null=True)
    search = TSVectorField(null=True)
    score = pw.DoubleField(null=True)
