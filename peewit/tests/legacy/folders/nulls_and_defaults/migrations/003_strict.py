def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_default('invoice', 'currency', 'EUR')
    migrator.add_not_null('invoice', 'number', 'currency', 'total')
    migrator.drop_not_null('invoice', 'paid')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.add_not_null('invoice', 'paid')
    migrator.drop_not_null('invoice', 'number', 'currency', 'total')
