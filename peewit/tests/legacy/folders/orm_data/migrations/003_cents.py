import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Product = migrator.orm['product']
    migrator.add_fields(Product, cents=pw.IntegerField(null=True), sold=pw.BooleanField(default=False))

    def fill():
        Product.update(cents=Product.price * 100).where(Product.price > 20).execute()
        sold = [row.product_id for row in migrator.orm['sale'].select()]
        Product.update(sold=True).where(Product.id << sold).execute()

    migrator.python(fill)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('product', 'cents', 'sold')
