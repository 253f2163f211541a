import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Team(pw.Model):
        name = pw.CharField(max_length=20)
        city = pw.CharField(default='')

    @migrator.create_model
    class Player(pw.Model):
        team = pw.ForeignKeyField(Team, on_delete='CASCADE')
        name = pw.CharField()

    migrator.sql("INSERT INTO team (name, city) VALUES ('Reds', 'Oslo')")
    migrator.sql("INSERT INTO player (team_id, name) VALUES (1, 'Kim')")


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('player')
    migrator.remove_model('team')
