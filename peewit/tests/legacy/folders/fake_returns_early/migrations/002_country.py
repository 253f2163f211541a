from peewee import *


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('city', country=CharField(max_length=2, default='FI'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('city', 'country')
