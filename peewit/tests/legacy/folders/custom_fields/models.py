import peewee as pw


class TagsField(pw.TextField):
    def db_value(self, value):
        return ','.join(value or ())

    def python_value(self, value):
        return value.split(',') if value else []


class MoneyField(pw.DecimalField):
    def __init__(self, **kwargs):
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


class Purchase(pw.Model):
    tags = TagsField()
    amount = MoneyField(default=0)
    fee = MoneyField(null=True)
