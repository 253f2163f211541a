import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Key = migrator.orm['key']
    if 'limit' not in Key._meta.fields:
        migrator.add_fields(Key, limit=pw.IntegerField(null=True))
    if not hasattr(Key, 'scope'):
        migrator.add_fields(Key, scope=pw.CharField(default='read'))


def rollback(migrator, database, fake=False, **kwargs):
    for column in ('limit', 'scope'):
        if column in migrator.orm['key']._meta.columns:
            migrator.remove_fields('key', column)
