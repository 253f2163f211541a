from app import LowerField, Order


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('users', mail=LowerField(null=True, unique=True))
    migrator.create_model(Order)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model(Order)
    migrator.remove_fields('users', 'mail')
