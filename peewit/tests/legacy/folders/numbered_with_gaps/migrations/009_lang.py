import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('word', lang=pw.CharField(default='en'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('word', 'lang')
