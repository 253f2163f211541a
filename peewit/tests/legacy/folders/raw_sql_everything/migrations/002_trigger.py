def migrate(migrator, database, fake=False, **kwargs):
    database.execute_sql("""
        CREATE TRIGGER article_audit AFTER INSERT ON article
        BEGIN
            INSERT INTO audit (article_id, at) VALUES (new.id, '2018-01-01; noon');
        END
    """)
    database.execute_sql("INSERT INTO article (title, tag) VALUES ('One', 'a;b')")
    database.execute_sql('INSERT INTO article (title, tag) VALUES (?, ?)', ('Two -- really', None))


def rollback(migrator, database, fake=False, **kwargs):
    database.execute_sql('DROP TRIGGER article_audit')
    database.execute_sql('DELETE FROM article')
    database.execute_sql('DELETE FROM audit')
