from peewee import *


class City(Model):
    name = CharField()
    country = CharField(max_length=2, default='FI')
    population = IntegerField(null=True)
