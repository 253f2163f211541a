import datetime
import peewee as pw


class BaseModel(pw.Model):
    created = pw.DateTimeField(default=datetime.datetime.utcnow)
    deleted = pw.BooleanField(default=False)


def short_text(length=100, **kwargs):
    return pw.CharField(max_length=length, **kwargs)


def migrate(migrator, database, fake=False, **kwargs):

    class Project(BaseModel):
        name = pw.CharField(unique=True)

        class Meta:
            table_name = 'project'

    class TimeEntry(BaseModel):
        project = pw.ForeignKeyField(Project, backref='entries', on_delete='CASCADE')
        minutes = pw.SmallIntegerField()
        note = short_text(null=True)

        class Meta:
            table_name = 'time_entry'

    for model in (Project, TimeEntry):
        migrator.create_model(model)


def rollback(migrator, database, fake=False, **kwargs):
    for name in ('time_entry', 'project'):
        migrator.remove_model(name, cascade=True)
