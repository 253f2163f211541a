import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.remove_model('maker', cascade=True)
    migrator.run(lambda: None)


def rollback(migrator, database, fake=False, **kwargs):
    pass
