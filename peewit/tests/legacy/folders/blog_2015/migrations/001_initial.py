"""Peewee migrations: ::

    > Model = migrator.orm['name']

    > migrator.sql(sql)
    > migrator.python(func, *args, **kwargs)
    > migrator.create_model(Model)
    > migrator.remove_model(Model, cascade=True)
    > migrator.add_fields(model, **fields)
    > migrator.change_fields(model, **fields)
    > migrator.remove_fields(model, *field_names, cascade=True)
    > migrator.rename_field(model, old_field_name, new_field_name)
    > migrator.rename_table(model, new_table_name)
    > migrator.add_index(model, *col_names, unique=False)
    > migrator.drop_index(model, *col_names)
    > migrator.add_not_null(model, *field_names)
    > migrator.drop_not_null(model, *field_names)
    > migrator.add_default(model, field_name, default)

"""

import datetime as dt
import peewee as pw


def migrate(migrator, database, **kwargs):
    """ Write your migrations here. """

    @migrator.create_table
    class Author(pw.Model):
        name = pw.CharField(max_length=100)
        email = pw.CharField(max_length=255, unique=True, db_column='mail')

        class Meta:
            db_table = 'author'

    @migrator.create_table
    class Post(pw.Model):
        author = pw.ForeignKeyField(db_column='author_id', rel_model=migrator.orm['author'],
                                    related_name='posts', to_field='id')
        title = pw.CharField(max_length=200)
        text = pw.TextField(default='')

        class Meta:
            db_table = 'post'
            order_by = ('-id',)


def rollback(migrator, database, **kwargs):
    """ Write your rollback migrations here. """
    migrator.drop_table('post')
    migrator.drop_table('author')
