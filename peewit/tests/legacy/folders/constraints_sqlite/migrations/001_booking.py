import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Booking(pw.Model):
        seat = pw.IntegerField()
        price = pw.IntegerField()


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('booking')
