import datetime as dt
import peewee as pw


class Author(pw.Model):
    name = pw.CharField(max_length=120)
    email = pw.CharField(unique=True)
    active = pw.BooleanField(null=True)
    site = pw.CharField(column_name='homepage', null=True)

    class Meta:
        table_name = 'author'


class Post(pw.Model):
    author = pw.ForeignKeyField(Author, backref='posts', on_delete='CASCADE')
    title = pw.CharField(index=True)
    body = pw.TextField(null=True)
    created = pw.DateTimeField(default=dt.datetime.now)
    editor = pw.ForeignKeyField(Author, backref='edited', null=True)

    class Meta:
        table_name = 'post'
