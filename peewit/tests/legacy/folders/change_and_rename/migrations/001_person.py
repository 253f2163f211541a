import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(max_length=80)
        years = pw.IntegerField()


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('person')
