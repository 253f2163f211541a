import peewee as pw


class Booking(pw.Model):
    seat = pw.IntegerField()
    row = pw.IntegerField()
    price = pw.IntegerField()

    class Meta:
        constraints = [
            pw.SQL('CONSTRAINT booking_price CHECK (price > 0)'),
            pw.SQL('CONSTRAINT booking_place UNIQUE (seat, "row")'),
        ]
