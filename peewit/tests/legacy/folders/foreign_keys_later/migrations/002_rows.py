def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO country (code) VALUES ('fi')")
    migrator.sql("INSERT INTO town (name) VALUES ('Kemi')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DELETE FROM town")
    migrator.sql("DELETE FROM country")
