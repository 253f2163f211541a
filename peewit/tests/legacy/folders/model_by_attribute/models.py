import peewee as pw


class Lamp(pw.Model):
    room = pw.CharField()
    watts = pw.IntegerField(null=True)
