import peewee as pw


class Coin(pw.Model):
    name = pw.CharField()
    value = pw.IntegerField(default=1)
