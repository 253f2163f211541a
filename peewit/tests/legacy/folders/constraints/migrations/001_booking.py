import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Booking(pw.Model):
        seat = pw.IntegerField()
        row = pw.IntegerField()
        price = pw.IntegerField()

        class Meta:
            constraints = [pw.SQL('CONSTRAINT booking_old CHECK (price > -1)')]


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('booking')
