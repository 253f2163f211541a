def migrate(migrator, database, fake=False, **kwargs):
    migrator.rename_field('secret', 'plain', 'hash')


def rollback(migrator, database, fake=False, **kwargs):
    raise NotImplementedError('a hash cannot be undone')
