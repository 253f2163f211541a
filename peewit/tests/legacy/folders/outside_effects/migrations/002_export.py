import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Person = migrator.orm['person']
    migrator.add_fields(Person, exported=pw.BooleanField(default=False))

    def export():
        with open('export.txt', 'a') as f:
            for person in Person.select().order_by(Person.id):
                f.write(person.name + '\n')
        Person.update(exported=True).execute()
        print('exported')

    migrator.python(export)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('person', 'exported')
