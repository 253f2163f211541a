from peewee import *


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class City(Model):
        name = CharField()
        population = IntegerField(null=True)

    if fake:
        return

    migrator.run()
    City.insert_many([
        {'name': 'Oulu', 'population': 200000},
        {'name': 'Turku', 'population': None},
    ]).execute()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('city')
