def migrate(migrator, database, fake=False, **kwargs):
    migrator.rename_column('client', 'name', 'full_name')
    migrator.add_index('client', 'city')
    migrator.add_index('client', 'full_name', 'phone', unique=True)
    migrator.sql("INSERT INTO client (full_name, city) VALUES ('Ada Lovelace', 'London')")
    migrator.python(lambda: database.execute_sql("UPDATE client SET age = 36"))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM client')
    migrator.drop_index('client', 'full_name', 'phone')
    migrator.drop_index('client', 'city')
    migrator.rename_column('client', 'full_name', 'name')
