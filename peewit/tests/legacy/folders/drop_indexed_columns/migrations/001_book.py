import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Shelf(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField()
        isbn = pw.CharField(unique=True, null=True)
        year = pw.IntegerField(index=True, null=True)
        shelf = pw.ForeignKeyField(Shelf, null=True, on_delete='CASCADE')

        class Meta:
            indexes = ((('title', 'year'), True),)

    migrator.sql("INSERT INTO shelf (name) VALUES ('A')")
    migrator.sql("INSERT INTO book (title, isbn, year, shelf_id) VALUES ('Emma', '1', 1815, 1)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM book')
    migrator.remove_model('book')
    migrator.remove_model('shelf')
