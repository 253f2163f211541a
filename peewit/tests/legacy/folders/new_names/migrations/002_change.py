import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.remove_model("badge", cascade=True)
    migrator.add_fields("user", karma=pw.IntegerField(default=0), bio=pw.TextField())
    migrator.change_fields("User", name=pw.CharField(max_length=60), mail=pw.CharField(unique=True))
    migrator.remove_fields("user", "age")
    migrator.drop_not_null("user", "bio")


def rollback(migrator, database, *, fake=False):
    migrator.add_not_null("user", "bio")
    migrator.add_fields("user", age=pw.IntegerField(null=True))
    migrator.remove_fields("user", "karma", "bio")

    @migrator.create_model
    class Badge(pw.Model):
        id = pw.AutoField()
        user = pw.ForeignKeyField(migrator.orm["user"])
