import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Bag(pw.Model):
        content = pw.BareField(null=True)
        size = pw.IntegerField(constraints=[pw.SQL('DEFAULT 0')])

    migrator.sql("INSERT INTO bag (content) VALUES (1.5), ('text')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('bag')
