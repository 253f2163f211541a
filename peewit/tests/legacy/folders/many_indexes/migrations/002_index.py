def migrate(migrator, database, fake=False, **kwargs):
    Event = migrator.orm['event']
    migrator.add_index(Event, 'kind')
    migrator.add_index(Event, 'ref', unique=True)
    migrator.add_index(Event, 'source', 'day', unique=True)
    migrator.add_index(Event, 'day', 'level', 'kind')
    migrator.drop_index(Event, 'source')


def rollback(migrator, database, fake=False, **kwargs):
    Event = migrator.orm['event']
    migrator.add_index(Event, 'source')
    migrator.drop_index(Event, 'day', 'level', 'kind')
    migrator.drop_index(Event, 'source', 'day')
    migrator.drop_index(Event, 'ref')
    migrator.drop_index(Event, 'kind')
