import peewee as pw
from app import BaseModel


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class User(BaseModel):
        name = pw.CharField()

        class Meta:
            table_name = 'users'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('users')
