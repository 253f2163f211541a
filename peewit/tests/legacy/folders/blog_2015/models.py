import peewee as pw


class Author(pw.Model):
    name = pw.CharField(max_length=100)
    email = pw.CharField(max_length=255, unique=True, column_name='mail')

    class Meta:
        table_name = 'author'


class Post(pw.Model):
    author = pw.ForeignKeyField(Author, backref='posts', column_name='author_id')
    title = pw.CharField(max_length=200)
    body = pw.TextField(default='')
    published = pw.BooleanField(default=False, index=True)

    class Meta:
        table_name = 'post'
