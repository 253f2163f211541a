import peewee as pw


class Person(pw.Model):
    name = pw.CharField()
    exported = pw.BooleanField(default=False)
