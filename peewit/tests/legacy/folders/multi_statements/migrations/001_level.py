import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Level(pw.Model):
        name = pw.CharField(max_length=10, unique=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP TABLE "level" CASCADE')
