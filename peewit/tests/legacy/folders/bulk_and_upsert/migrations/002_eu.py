import peewee as pw


def migrate(migrator, database, *, fake=False):
    Country = migrator.orm['country']
    migrator.add_fields(Country, eu=pw.BooleanField(default=False))

    def mark():
        Country.insert(code='se', name='Sverige').on_conflict(
            conflict_target=[Country.code], preserve=[Country.name]).execute()
        Country.update(eu=True).where(Country.code.in_(['fi', 'se'])).execute()
        used = migrator.orm['stamp'].select(migrator.orm['stamp'].country)
        Country.delete().where(Country.name.is_null(), Country.id.not_in(used)).execute()
        cursor = database.cursor()
        cursor.execute("UPDATE country SET name = 'Norge' WHERE code = 'no'")

    migrator.run(mark)


def rollback(migrator, database, *, fake=False):
    migrator.remove_fields('country', 'eu')
