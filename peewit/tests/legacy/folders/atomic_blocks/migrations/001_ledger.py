import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    with database.atomic():
        @migrator.create_model
        class Ledger(pw.Model):
            account = pw.CharField()
            amount = pw.IntegerField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('ledger')
