import os

import peewee as pw
from playhouse.db_url import connect

db = connect(os.environ['DATABASE_URL'])


class Base(pw.Model):
    class Meta:
        database = db


class Owner(Base):
    name = pw.CharField()


class Cat(Base):
    owner = pw.ForeignKeyField(Owner, backref='cats')
    name = pw.CharField(index=True)
    lives = pw.IntegerField(default=9)
