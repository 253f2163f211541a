from playhouse.migrate import SchemaMigrator, migrate as run_migrate


def migrate(migrator, database, fake=False, **kwargs):
    m = SchemaMigrator.from_database(database)
    with database.atomic():
        run_migrate(m.add_index('story', ('headline',), True))


def rollback(migrator, database, fake=False, **kwargs):
    m = SchemaMigrator.from_database(database)
    run_migrate(m.drop_index('story', 'story_headline'))
