import peewee as pw


class Parent(pw.Model):
    name = pw.CharField()


class Child(pw.Model):
    parent = pw.ForeignKeyField(Parent, on_delete='CASCADE')
    name = pw.CharField()
    age = pw.IntegerField(null=True)
