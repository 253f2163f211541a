import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    TimeEntry = migrator.orm['time_entry']
    migrator.change_fields(TimeEntry, note=pw.CharField(max_length=400, null=True))


def rollback(migrator, database, fake=False, **kwargs):
    TimeEntry = migrator.orm['time_entry']
    migrator.change_fields(TimeEntry, note=pw.CharField(max_length=100, null=True))
