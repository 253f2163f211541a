import os

import peewee as pw
from playhouse.db_url import connect

db = connect(os.environ['DATABASE_URL'])


class LowerField(pw.CharField):
    def db_value(self, value):
        return value.lower() if value else value


class BaseModel(pw.Model):
    class Meta:
        database = db


class User(BaseModel):
    name = pw.CharField()
    mail = LowerField(null=True, unique=True)

    class Meta:
        table_name = 'users'


class Order(BaseModel):
    user = pw.ForeignKeyField(User, backref='orders')
    total = pw.IntegerField(default=0)

    class Meta:
        table_name = 'orders'
