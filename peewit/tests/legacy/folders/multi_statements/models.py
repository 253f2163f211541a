import peewee as pw


class Level(pw.Model):
    name = pw.CharField(max_length=10, unique=True)
    rank = pw.IntegerField(constraints=[pw.SQL('DEFAULT 5')])
    hidden = pw.BooleanField(null=True)
