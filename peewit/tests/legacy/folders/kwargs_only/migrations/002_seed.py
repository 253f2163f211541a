def migrate(migrator, database, **kwargs):
    if kwargs.get('fake'):
        return

    def seed():
        Queue = migrator.orm['queue']
        for name, weight in (('mail', 1), ('thumbnails', 5)):
            Queue.create(name=name, weight=weight)

    migrator.python(seed)


def rollback(migrator, database, **kwargs):
    if not kwargs['fake']:
        migrator.sql("DELETE FROM queue WHERE name IN ('mail', 'thumbnails')")
