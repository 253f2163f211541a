import peewee as pw


class Invoice(pw.Model):
    number = pw.CharField(max_length=20)
    currency = pw.CharField(max_length=3, default='EUR')
    total = pw.DecimalField(max_digits=10, decimal_places=2)
    paid = pw.DateField(null=True)
