import peewee as pw


class Client(pw.Model):
    full_name = pw.CharField(max_length=120)
    phone = pw.CharField(max_length=30, null=True)
    city = pw.CharField(default='', index=True)
    age = pw.BigIntegerField(null=True)

    class Meta:
        table_name = 'client'
        indexes = ((('full_name', 'phone'), True),)
