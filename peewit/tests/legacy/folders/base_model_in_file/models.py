import datetime

import peewee as pw


class Base(pw.Model):
    created = pw.DateTimeField(default=datetime.datetime.utcnow)
    deleted = pw.BooleanField(default=False)

    class Meta:
        legacy_table_names = False


class Project(Base):
    name = pw.CharField(unique=True)


class TimeEntry(Base):
    project = pw.ForeignKeyField(Project, backref='entries', on_delete='CASCADE')
    minutes = pw.SmallIntegerField()
    note = pw.CharField(max_length=400, null=True)
