def migrate(migrator, database, *, fake=False):
    migrator.rename_table("user", "members")


def rollback(migrator, database, *, fake=False):
    migrator.rename_table("members", "user")
