import peewee as pw


def seed(orm, *names, upper=False):
    Person = orm['person']
    for name in names:
        Person.create(name=name.upper() if upper else name)


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()

        class Meta:
            table_name = 'person'

    migrator.run(seed, migrator.orm, 'Grace Hopper', 'Alan Turing')
    migrator.run(seed, migrator.orm, 'plato', upper=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('person')
