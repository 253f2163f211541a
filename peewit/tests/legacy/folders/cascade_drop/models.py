import peewee as pw


class Part(pw.Model):
    maker_id = pw.IntegerField(index=True)
    name = pw.CharField()
