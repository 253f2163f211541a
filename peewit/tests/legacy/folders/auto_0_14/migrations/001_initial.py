"""Peewee migrations -- 001_initial.py.

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

try:
    import playhouse.postgres_ext as pw_pext
except ImportError:
    pass


def migrate(migrator, database, fake=False, **kwargs):
    """Write your migrations here."""

    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(max_length=100)
        email = pw.CharField(max_length=255, unique=True)
        born = pw.DateField(null=True)

        class Meta:
            db_table = "author"

    @migrator.create_model
    class Post(pw.Model):
        author = pw.ForeignKeyField(db_column='author_id', on_delete='CASCADE', rel_model=migrator.orm['author'], related_name='posts', to_field='id')
        title = pw.CharField(default='untitled', index=True, max_length=255)
        body = pw.TextField()
        created = pw.DateTimeField(default=dt.datetime.now)
        price = pw.FloatField(null=True)

        class Meta:
            db_table = "post"



def rollback(migrator, database, fake=False, **kwargs):
    """Write your rollback migrations here."""

    migrator.remove_model('post')

    migrator.remove_model('author')
