import peewee as pw


class Sensor(pw.Model):
    code = pw.CharField(max_length=16, unique=True)
    unit = pw.CharField(max_length=8)
    active = pw.BooleanField(default=True)

    class Meta:
        table_name = "sensor"


class Reading(pw.Model):
    sensor = pw.ForeignKeyField(Sensor, on_delete="CASCADE", backref="readings")
    value = pw.DoubleField()
    taken_at = pw.DateTimeField(index=True)

    class Meta:
        table_name = "reading"
        indexes = ((("sensor", "taken_at"), True),)
