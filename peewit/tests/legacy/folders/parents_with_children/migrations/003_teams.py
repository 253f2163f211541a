def migrate(migrator, database, *, fake=False):
    migrator.rename_table('team', 'teams')


def rollback(migrator, database, *, fake=False):
    migrator.rename_table('teams', 'team')
