import uuid

import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Currency(pw.Model):
        code = pw.CharField(max_length=3, primary_key=True)

    @migrator.create_model
    class Wallet(pw.Model):
        id = pw.UUIDField(primary_key=True, default=uuid.uuid4)
        currency = pw.ForeignKeyField(column_name='currency_code', field='code', model=migrator.orm['currency'])

    @migrator.create_model
    class Rate(pw.Model):
        base = pw.ForeignKeyField(Currency, backref='rates')
        other = pw.ForeignKeyField(Currency, backref='inverse')
        value = pw.DoubleField()

        class Meta:
            primary_key = pw.CompositeKey('base', 'other')

    @migrator.create_model
    class Log(pw.Model):
        line = pw.TextField()

        class Meta:
            primary_key = False


def rollback(migrator, database, fake=False, **kwargs):
    for name in ['log', 'rate', 'wallet', 'currency']:
        migrator.remove_model(name)
