def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO invoice (number, total, paid) VALUES ('2021-01', 100.5, '2021-02-01')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DELETE FROM invoice")
