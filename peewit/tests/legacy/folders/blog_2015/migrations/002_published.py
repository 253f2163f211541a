import peewee as pw


def migrate(migrator, database, **kwargs):
    """ Write your migrations here. """
    migrator.add_columns('post', published=pw.BooleanField(default=False, index=True))
    migrator.rename_column('post', 'text', 'body')


def rollback(migrator, database, **kwargs):
    migrator.rename_column('post', 'body', 'text')
    migrator.drop_columns('post', 'published')
