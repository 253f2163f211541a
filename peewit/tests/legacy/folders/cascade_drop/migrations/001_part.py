import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Maker(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Part(pw.Model):
        maker = pw.ForeignKeyField(Maker)
        name = pw.CharField()

    migrator.sql("INSERT INTO maker (name) VALUES ('Acme')")
    migrator.sql("INSERT INTO part (maker_id, name) VALUES (1, 'cog')")


def rollback(migrator, database, fake=False, **kwargs):
    pass
