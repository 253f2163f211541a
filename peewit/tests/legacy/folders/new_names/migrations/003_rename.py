def migrate(migrator, database, *, fake=False):
    migrator.rename_field("user", "name", "nick")
    migrator.add_index("user", "nick", "karma")


def rollback(migrator, database, *, fake=False):
    migrator.drop_index("user", "nick", "karma")
    migrator.rename_field("user", "nick", "name")
