import peewee as pw


class MoneyField(pw.DecimalField):
    def __init__(self, **kwargs):
        super(MoneyField, self).__init__(max_digits=12, decimal_places=2, **kwargs)


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('purchase', fee=MoneyField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('purchase', 'fee')
