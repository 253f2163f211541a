import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    class Job(pw.Model):
        name = pw.CharField()
        state = pw.CharField(default='new', max_length=10)

    if fake or 'job' not in database.get_tables():
        migrator.create_model(Job)


def rollback(migrator, database, fake=False, **kwargs):
    if 'job' in database.get_tables():
        migrator.remove_model('job')
