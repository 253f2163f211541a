import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class User(pw.Model):
        id = pw.AutoField()
        name = pw.CharField(max_length=40)
        mail = pw.CharField()
        age = pw.IntegerField(null=True)

        class Meta:
            table_name = "user"

    @migrator.create_model
    class Badge(pw.Model):
        id = pw.AutoField()
        user = pw.ForeignKeyField(User)


def rollback(migrator, database, *, fake=False):
    migrator.remove_model("badge")
    migrator.remove_model("user")
