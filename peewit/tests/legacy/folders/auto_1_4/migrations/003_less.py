"""Peewee migrations -- 003_less.py.

Some examples (model - class or model name)::

    > Model = migrator.orm['model_name']            # Return model in current state by name

    > migrator.sql(sql)                             # Run custom SQL
    > migrator.python(func, *args, **kwargs)        # Run python code
    > migrator.create_model(Model)                  # Create a model (could be used as decorator)
    > migrator.remove_model(model, cascade=True)    # Remove a model
    > migrator.add_fields(model, **fields)          # Add fields to a model
    > migrator.change_fields(model, **fields)       # Change fields
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
from peewee_migrate import Migrator
from decimal import ROUND_HALF_EVEN

try:
    import playhouse.postgres_ext as pw_pext
except ImportError:
    pass

SQL = pw.SQL


def migrate(migrator: Migrator, database, fake=False, **kwargs):
    """Write your migrations here."""

    migrator.remove_fields('author', 'born')

    migrator.add_fields(
        'post',

        editor=pw.ForeignKeyField(backref='edited', column_name='editor_id', field='id', model=migrator.orm['author'], null=True))

    migrator.remove_fields('post', 'price')

    migrator.remove_model('tag')


def rollback(migrator: Migrator, database, fake=False, **kwargs):
    """Write your rollback migrations here."""

    migrator.add_fields(
        'post',

        price=pw.FloatField(null=True))

    migrator.remove_fields('post', 'editor')

    migrator.add_fields(
        'author',

        born=pw.DateField(null=True))

    @migrator.create_model
    class Tag(pw.Model):
        id = pw.AutoField()
        post = pw.ForeignKeyField(backref='tags', column_name='post_id', field='id', model=migrator.orm['post'])
        word = pw.CharField(max_length=20)

        class Meta:
            table_name = "tag"
            indexes = [(('post', 'word'), True)]

