def migrate(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('book', 'isbn', 'shelf')
