def migrate(migrator, database, fake=False, **kwargs):
    if fake:
        return
    database.execute_sql("INSERT INTO parcel (code) VALUES ('a')")
    database.commit()
    database.begin()
    database.execute_sql("INSERT INTO parcel (code) VALUES ('b')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM parcel')
