import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Score(pw.Model):
        player = pw.CharField(unique=True)
        points = pw.CharField()

        class Meta:
            table_name = 'score'

    migrator.sql("INSERT INTO score (player, points) VALUES ('ann', '12')")
    migrator.sql("INSERT INTO score (player, points) VALUES ('bob', '7')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('score')
