import peewee as pw


class Product(pw.Model):
    sku = pw.CharField(max_length=20, unique=True)
    price = pw.IntegerField()
    cents = pw.IntegerField(null=True)
    sold = pw.BooleanField(default=False)


class Sale(pw.Model):
    product = pw.ForeignKeyField(Product, backref='sales')
    amount = pw.IntegerField(default=1)
