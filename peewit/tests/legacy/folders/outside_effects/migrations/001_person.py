import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()

    def load():
        with open('names.csv') as f:
            Person.insert_many([{'name': line.strip()} for line in f]).execute()

    migrator.python(load)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('person')
