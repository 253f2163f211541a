def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("""
        CREATE TABLE article (
            id INTEGER NOT NULL PRIMARY KEY,
            title TEXT NOT NULL,
            tag TEXT
        )
    """)
    migrator.sql('CREATE INDEX article_title ON article (title)')
    migrator.sql('CREATE TABLE IF NOT EXISTS audit (article_id INTEGER, at TEXT)')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP TABLE IF EXISTS audit')
    migrator.sql('DROP TABLE article')
