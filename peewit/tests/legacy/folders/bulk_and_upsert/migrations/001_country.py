import peewee as pw

COUNTRIES = [('fi', 'Finland'), ('no', 'Norway'), ('se', 'Sweden'), ('xx', None)]


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Country(pw.Model):
        code = pw.CharField(max_length=2, unique=True)
        name = pw.CharField(null=True)

    @migrator.create_model
    class Stamp(pw.Model):
        country = pw.ForeignKeyField(Country)
        year = pw.IntegerField()

    def load():
        with database.atomic():
            Country.bulk_create([Country(code=code, name=name) for code, name in COUNTRIES], batch_size=2)
        fi, created = Country.get_or_create(code='fi')
        assert not created
        Stamp.insert_many([(fi, 1917), (fi.id, 1995)], fields=[Stamp.country, Stamp.year]).execute()

    migrator.run(load)


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('stamp')
    migrator.remove_model('country')
