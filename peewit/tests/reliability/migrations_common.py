"""The migrations that mean the same on every database."""

from __future__ import annotations

from .migrations import POSTGRES, SQLITE, Change

NEW_MODEL = """
    @migrator.create_model
    class Review(pw.Model):
        book = pw.ForeignKeyField(migrator.orm["book"], on_delete="CASCADE")
        stars = pw.IntegerField(index=True)
        text = pw.TextField(null=True)
        class Meta:
            table_name = "review"
            indexes = [(("book", "stars"), False)]
    """
SEVERAL = """
    migrator.add_fields("author", city=pw.CharField(max_length=40, null=True))

    @migrator.run
    def fill():
        Author = migrator.orm["author"]
        Author.update(city="Paris").where(Author.age < 10).execute()

    migrator.change_fields("author", city=pw.CharField(max_length=40, default="unknown"))

    @migrator.run
    def note():
        database.execute_sql("INSERT INTO log (what) VALUES ('filled')")

    migrator.remove_fields("author", "code")
    """
MOVED_APART = """
    @migrator.create_model
    class Note(pw.Model):
        book = pw.ForeignKeyField(migrator.orm["book"], on_delete="CASCADE")
        text = pw.CharField(max_length=80)
        class Meta:
            table_name = "note"

    @migrator.run
    def move():
        database.execute_sql("INSERT INTO note (book_id, text) SELECT id, note FROM book WHERE note IS NOT NULL")

    migrator.remove_fields("book", "note")
    """
ORM = """
    migrator.add_fields("author", slug=pw.CharField(max_length=90, null=True))

    @migrator.run
    def slugs():
        Author = migrator.orm["author"]
        for author in Author.select().order_by(Author.id):
            author.slug = f"{author.name}-{author.id}"
            author.save()

    migrator.add_not_null("author", "slug")
    migrator.add_index("author", "slug", unique=True)
    """
ALL_AT_ONCE = """
    migrator.change_fields("author", age=pw.CharField(max_length=20, null=True))
    migrator.add_fields("book", key=pw.UUIDField(default=uuid.uuid4, unique=True), year=pw.IntegerField(default=1))
    migrator.change_fields("book", title=pw.CharField(max_length=90, default="x"))
    migrator.remove_fields("book", "note")
    migrator.run(lambda: database.execute_sql("INSERT INTO log (what) VALUES ('ran')"))
    migrator.rename_table("book", "volume")
    migrator.rename_field("author", "name", "full_name")
    migrator.add_index("author", "full_name", "age", unique=True)
    """
CHAIN = (
    "migrator.add_fields('author', city=pw.CharField(max_length=40, default='unknown'))",
    "migrator.rename_field('author', 'city', 'town')\nmigrator.add_index('author', 'town')",
    "migrator.change_fields('author', town=pw.CharField(max_length=99, null=True))",
)

COMMON: tuple[Change, ...] = (
    Change(name="create a model", files=(NEW_MODEL,)),
    Change(name="drop a model", files=("migrator.remove_model('tagging')",)),
    Change(
        name="rename a model",
        files=("migrator.rename_table('book', 'volume')",),
        moved={"book": "volume"},
    ),
    Change(
        name="add a nullable field", files=("migrator.add_fields('book', isbn=pw.CharField(null=True, index=True))",)
    ),
    Change(
        name="add a field with a constant",
        files=("migrator.add_fields('author', city=pw.CharField(max_length=40, default='unknown'))",),
    ),
    Change(
        name="add a field with a value of its own for each row",
        files=("migrator.add_fields('book', key=pw.UUIDField(default=uuid.uuid4))",),
        random=("book.key",),
    ),
    Change(
        name="add a unique field with a value of its own for each row",
        files=("migrator.add_fields('author', key=pw.UUIDField(default=uuid.uuid4, unique=True))",),
        random=("author.key",),
    ),
    Change(name="remove fields", files=("migrator.remove_fields('book', 'note', 'pages')",)),
    Change(name="rename a field", files=("migrator.rename_field('author', 'age', 'years')",)),
    Change(
        name="a number becomes text",
        files=("migrator.change_fields('author', age=pw.CharField(max_length=20, null=True))",),
    ),
    Change(name="text becomes a number", files=("migrator.change_fields('author', code=pw.IntegerField())",)),
    Change(
        name="longer and shorter text",
        files=(
            (
                "migrator.change_fields('author', name=pw.CharField(max_length=200), email=pw.CharField(max_length=40, "
                "unique=True))"
            ),
        ),
    ),
    Change(
        name="nulls become a constant",
        files=("migrator.change_fields('book', title=pw.CharField(max_length=80, default='untitled'))",),
    ),
    Change(name="NOT NULL is dropped", files=("migrator.drop_not_null('author', 'name', 'code')",)),
    Change(
        name="indexes come and go",
        files=(
            (
                "migrator.add_index('author', 'name', 'code', unique=True)\n"
                "migrator.add_index('page', 'number')\n"
                "migrator.drop_index('book', 'note')"
            ),
        ),
    ),
    Change(
        name="partial indexes and indexes by expression",
        files=(
            (
                "migrator.add_index('author', 'age', where=pw.SQL('age > 10'), name='author_old')\n"
                "migrator.add_index('author', pw.SQL('lower(name)'), name='author_lower', unique=True)"
            ),
        ),
        databases=(SQLITE, POSTGRES),
    ),
    Change(
        name="add a foreign key",
        files=(
            (
                "migrator.add_fields('spot', author=pw.ForeignKeyField(migrator.orm['author'], null=True, "
                "on_delete='CASCADE'))"
            ),
        ),
    ),
    Change(
        name="drop a foreign key",
        files=("migrator.change_fields('book', author=pw.IntegerField(column_name='author_id'))",),
    ),
    Change(
        name="change what a foreign key does",
        files=(
            (
                "migrator.change_fields('page', book=pw.ForeignKeyField(migrator.orm['book'], null=True, "
                "on_delete='SET NULL'))"
            ),
        ),
    ),
    Change(
        name="a parent of rows that go with it gets another key type",
        files=("migrator.change_fields('author', id=pw.BigAutoField(), code=pw.TextField())",),
    ),
    Change(
        name="a table that refers to itself",
        files=(
            (
                "migrator.change_fields('spot', name=pw.TextField(null=True))\n"
                "migrator.add_fields('spot', depth=pw.IntegerField(default=0))\n"
                "migrator.rename_table('spot', 'place')"
            ),
        ),
        moved={"spot": "place"},
    ),
    Change(
        name="a key of two columns",
        files=(
            (
                "migrator.change_fields('tagging', weight=pw.IntegerField(default=0))\n"
                "migrator.add_fields('tagging', key=pw.UUIDField(default=uuid.uuid4))"
            ),
        ),
        random=("tagging.key",),
    ),
    Change(name="functions between several stretches", files=(SEVERAL,)),
    Change(
        name="raw SQL",
        files=(
            (
                "migrator.sql('CREATE TABLE extra (id INTEGER PRIMARY KEY, name VARCHAR(60))')\n"
                "migrator.sql('INSERT INTO extra SELECT id, name FROM author')\n"
                "migrator.sql('UPDATE book SET pages = pages + 1')"
            ),
        ),
    ),
    Change(
        name="writes by the file itself",
        files=(
            (
                'database.execute_sql("UPDATE book SET pages = pages + 1")\n'
                "database.execute_sql(\"INSERT INTO log (what) VALUES ('written')\")\n"
                "migrator.add_fields('book', year=pw.IntegerField(default=1))"
            ),
        ),
    ),
    Change(name="values by models", files=(ORM,)),
    Change(name="move values into another table", files=(MOVED_APART,), spills=False),
    Change(name="several migrations in one run", files=CHAIN),
    Change(
        name="big rows",
        files=(
            (
                "migrator.change_fields('page', number=pw.CharField(max_length=20), text=pw.TextField(null=True))\n"
                "migrator.add_fields('page', size=pw.IntegerField(default=0))"
            ),
        ),
        big=True,
    ),
    Change(name="everything at once", files=(ALL_AT_ONCE,), moved={"book": "volume"}, random=("volume.key",)),
    Change(
        name="roll back what made a model",
        action="rollback",
        files=(NEW_MODEL,),
        back="migrator.remove_model('review')",
    ),
    Change(
        name="roll back several changes",
        action="rollback",
        files=(
            (
                "migrator.rename_field('author', 'name', 'full_name')\n"
                "migrator.add_fields('author', city=pw.CharField(max_length=40, default='unknown'))\n"
                "migrator.change_fields('book', pages=pw.CharField(max_length=20))\n"
                "migrator.rename_table('spot', 'place')"
            ),
        ),
        back="migrator.rename_table('place', 'spot')\n"
        "migrator.change_fields('book', pages=pw.IntegerField(default=1, constraints=[pw.SQL('DEFAULT 1')]))\n"
        "migrator.remove_fields('author', 'city')\n"
        "migrator.rename_field('author', 'full_name', 'name')",
        moved={"place": "spot"},
    ),
    Change(
        name="roll back with functions between",
        action="rollback",
        files=("migrator.add_fields('author', city=pw.CharField(max_length=40, null=True))",),
        back="migrator.run(lambda: database.execute_sql(\"INSERT INTO log (what) SELECT 'gone' FROM author\"))\n"
        "migrator.remove_fields('author', 'city')\n"
        "migrator.run(lambda: database.execute_sql(\"INSERT INTO log (what) VALUES ('undone')\"))",
    ),
)
