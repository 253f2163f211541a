def migrate(migrator, database, fake=False, **kwargs):
    Product = migrator.orm['product']
    Sale = migrator.orm['sale']
    rows = [{'sku': 'sku-%02d' % n, 'price': n * 10} for n in range(1, 6)]
    with database.atomic():
        Product.insert_many(rows).execute()
    if not fake:
        first = Product.select().order_by(Product.id).first()
        Sale.create(product=first, amount=2)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.orm['sale'].delete().execute()
    migrator.orm['product'].delete().execute()
