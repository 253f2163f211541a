import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.drop_constraints('booking', 'booking_old')
    migrator.add_constraint('booking', 'booking_price', pw.Check('price > 0'))
    migrator.add_constraint('booking', 'booking_place', pw.SQL('UNIQUE (seat, "row")'))


def rollback(migrator, database, *, fake=False):
    migrator.drop_constraints('booking', 'booking_price', 'booking_place')
    migrator.add_constraint('booking', 'booking_old', pw.Check('price > -1'))
