import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    # merged from two branches, both added it
    if 'scope' not in migrator.orm['key']._meta.fields:
        migrator.add_fields('key', scope=pw.CharField(default='read'))


def rollback(migrator, database, fake=False, **kwargs):
    pass
