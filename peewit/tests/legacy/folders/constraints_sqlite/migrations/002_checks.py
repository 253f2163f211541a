import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.add_constraint('booking', 'booking_price', pw.Check('price > 0'))


def rollback(migrator, database, *, fake=False):
    migrator.drop_constraints('booking', 'booking_price')
