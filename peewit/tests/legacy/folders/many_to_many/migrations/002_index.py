def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO student (name) VALUES ('Emmy')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DELETE FROM student WHERE name = 'Emmy'")
