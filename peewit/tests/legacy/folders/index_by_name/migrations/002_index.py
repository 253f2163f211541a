def migrate(migrator, database):
    migrator.drop_index('host', 'host_name')
    migrator.drop_not_null('host', 'port')


def rollback(migrator, database):
    migrator.add_not_null('host', 'port')
    migrator.add_index('host', 'name', unique=False)
