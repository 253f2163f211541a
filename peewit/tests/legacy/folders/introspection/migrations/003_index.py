import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    existing = [] if fake else database.get_indexes('job')
    if not any(index.columns == ['name'] for index in existing):
        migrator.add_index('job', 'name')

    @migrator.create_model
    class Worker(pw.Model):
        host = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    if any(index.columns == ['name'] for index in database.get_indexes('job')):
        migrator.drop_index('job', 'name')
    migrator.remove_model('worker')
