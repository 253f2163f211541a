import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('town', country=pw.ForeignKeyField(
        column_name='country_id', model=migrator.orm['country'], field='id', null=True, on_delete='CASCADE',
        backref='towns'))
    migrator.add_fields('town', twin=pw.ForeignKeyField(
        model=migrator.orm['town'], field='id', null=True, backref='twins'))
    migrator.remove_model('flag', cascade=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('town', 'country', 'twin')
