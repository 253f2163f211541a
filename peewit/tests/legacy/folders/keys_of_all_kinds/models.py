import uuid

import peewee as pw


class Currency(pw.Model):
    code = pw.CharField(max_length=3, primary_key=True)


class Wallet(pw.Model):
    id = pw.UUIDField(primary_key=True, default=uuid.uuid4)
    currency = pw.ForeignKeyField(Currency, column_name='currency_code')
    label = pw.CharField(null=True)


class Rate(pw.Model):
    base = pw.ForeignKeyField(Currency, backref='rates')
    other = pw.ForeignKeyField(Currency, backref='inverse')
    value = pw.DoubleField()
    source = pw.CharField(default='ecb')

    class Meta:
        primary_key = pw.CompositeKey('base', 'other')


class Log(pw.Model):
    line = pw.TextField()

    class Meta:
        primary_key = False
