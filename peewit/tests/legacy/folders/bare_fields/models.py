import peewee as pw


class Bag(pw.Model):
    content = pw.BareField(null=True)
    size = pw.IntegerField(constraints=[pw.SQL('DEFAULT 0')])
    more = pw.BareField(null=True)
