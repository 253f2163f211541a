import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Person = migrator.orm['person']
    migrator.add_fields(Person, last_name=pw.CharField(default=''))

    def split_names():
        for row in database.execute_sql('SELECT id, name FROM person').fetchall():
            first, _, last = row[1].partition(' ')
            database.execute_sql('UPDATE person SET name = ?, last_name = ? WHERE id = ?', (first, last, row[0]))

    migrator.run(split_names)
    migrator.rename_field(Person, 'name', 'first_name')


def rollback(migrator, database, fake=False, **kwargs):
    def join_names():
        database.execute_sql("UPDATE person SET name = trim(name || ' ' || last_name)")

    migrator.rename_field('person', 'first_name', 'name')
    migrator.run(join_names)
    migrator.remove_fields('person', 'last_name')
