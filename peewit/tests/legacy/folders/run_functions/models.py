import peewee as pw


class Person(pw.Model):
    first_name = pw.CharField()
    last_name = pw.CharField(default='')

    class Meta:
        table_name = 'person'
