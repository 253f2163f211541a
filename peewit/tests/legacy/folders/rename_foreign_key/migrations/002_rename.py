def migrate(migrator, database, fake=False, **kwargs):
    migrator.rename_field('essay', 'author', 'writer')
    migrator.rename_field('essay', 'critic', 'reviewer')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.rename_field('essay', 'reviewer', 'critic')
    migrator.rename_field('essay', 'writer', 'author')
