import os

import peewee as pw
from playhouse.db_url import connect

db = connect(os.environ['DATABASE_URL'])


class BaseModel(pw.Model):
    class Meta:
        database = db


class Room(BaseModel):
    name = pw.CharField(unique=True)


class Device(BaseModel):
    room = pw.ForeignKeyField(Room, backref='devices', null=True)
    serial = pw.CharField(max_length=20, index=True)


class Alarm(BaseModel):
    device = pw.ForeignKeyField(Device, on_delete='CASCADE')
    level = pw.IntegerField(default=1)
