import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Letter(pw.Model):
        subject = pw.CharField()

    migrator.sql("INSERT INTO letter (subject) VALUES ('a')")
    migrator.sql("INSERT INTO letter (subject) VALUES ('b')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('letter')
