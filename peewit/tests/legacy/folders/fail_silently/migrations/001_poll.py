import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    class Poll(pw.Model):
        question = pw.CharField()

        class Meta:
            database = migrator.database

    class Vote(pw.Model):
        poll = pw.ForeignKeyField(Poll, related_name='votes')

        class Meta:
            database = migrator.database

    Poll.create_table(fail_silently=True)
    Vote.create_table(True)


def rollback(migrator, database, fake=False, **kwargs):
    database.execute_sql('DROP TABLE vote')
    database.execute_sql('DROP TABLE poll')
