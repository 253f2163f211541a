import peewee as pw


class Box(pw.Model):
    name = pw.CharField(max_length=33)
    weight = pw.FloatField(null=True)
