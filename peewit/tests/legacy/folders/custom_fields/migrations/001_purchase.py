import peewee as pw


class TagsField(pw.TextField):
    def db_value(self, value):
        return ','.join(value or ())

    def python_value(self, value):
        return value.split(',') if value else []


class MoneyField(pw.DecimalField):
    def __init__(self, **kwargs):
        kwargs.setdefault('max_digits', 12)
        kwargs.setdefault('decimal_places', 2)
        super(MoneyField, self).__init__(**kwargs)


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Purchase(pw.Model):
        tags = TagsField()
        amount = MoneyField(default=0)

    migrator.python(lambda: Purchase.create(tags=['food', 'home'], amount='12.50'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('purchase')
