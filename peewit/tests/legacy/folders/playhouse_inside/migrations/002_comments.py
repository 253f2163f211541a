import peewee as pw
from playhouse.migrate import SqliteMigrator, migrate as run_migrate


def migrate(migrator, database, fake=False, **kwargs):
    m = SqliteMigrator(database)
    run_migrate(
        m.add_column('story', 'comments_enabled', pw.BooleanField(default=True)),
        m.rename_column('story', 'title', 'headline'),
        m.drop_not_null('story', 'headline'),
        m.drop_column('story', 'old'),
    )


def rollback(migrator, database, fake=False, **kwargs):
    m = SqliteMigrator(database)
    run_migrate(
        m.drop_column('story', 'comments_enabled'),
        m.add_not_null('story', 'headline'),
        m.rename_column('story', 'headline', 'title'),
        m.add_column('story', 'old', pw.CharField(null=True)),
    )
