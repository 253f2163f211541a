from app import Order, User


def migrate(migrator, database, fake=False, **kwargs):
    if fake:
        return
    user = User.create(name='Eve', mail='EVE@example.org')
    Order.insert_many([{'user': user, 'total': 3}, {'user': user, 'total': 4}]).execute()
    for order in Order.select().where(Order.total > 3):
        order.total *= 10
        order.save()


def rollback(migrator, database, fake=False, **kwargs):
    Order.delete().execute()
    User.delete().execute()
