import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Product(pw.Model):
        sku = pw.CharField(max_length=20, unique=True)
        price = pw.IntegerField()

    @migrator.create_model
    class Sale(pw.Model):
        product = pw.ForeignKeyField(Product, backref='sales')
        amount = pw.IntegerField(default=1)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('sale')
    migrator.remove_model('product')
