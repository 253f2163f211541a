import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_columns('client', city=pw.CharField(default=''))
    migrator.change_columns('client', name=pw.CharField(max_length=120), age=pw.BigIntegerField(null=True))
    migrator.drop_columns('client', 'fax', cascade=False)
    migrator.drop_not_null('client', 'phone')
    migrator.drop_table('scratch', cascade=False)


def rollback(migrator, database, fake=False, **kwargs):
    @migrator.create_table
    class Scratch(pw.Model):
        data = pw.TextField()

    migrator.add_not_null('client', 'phone')
    migrator.add_columns('client', fax=pw.CharField(max_length=30, null=True))
    migrator.change_columns('client', name=pw.CharField(max_length=80), age=pw.IntegerField(null=True))
    migrator.drop_columns('client', 'city', cascade=False)
