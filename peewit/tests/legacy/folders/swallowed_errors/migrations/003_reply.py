import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Reply(pw.Model):
        ticket = pw.ForeignKeyField(migrator.orm['ticket'])

    def seed():
        try:
            database.execute_sql("INSERT INTO nowhere VALUES (1)")
        except (pw.OperationalError, pw.ProgrammingError):
            pass
        database.execute_sql("INSERT INTO ticket (subject) VALUES ('it works')")

    migrator.python(seed)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('reply')
    migrator.sql('DELETE FROM ticket')
