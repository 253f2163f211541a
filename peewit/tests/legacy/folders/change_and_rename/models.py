import peewee as pw


class Person(pw.Model):
    full_name = pw.CharField(max_length=120, index=True)
    age = pw.BigIntegerField(null=True)
