def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE article ADD COLUMN views INTEGER NOT NULL DEFAULT 0')
    migrator.sql('ALTER TABLE article ADD COLUMN junk TEXT')
    migrator.sql('ALTER TABLE article RENAME COLUMN tag TO label')
    migrator.sql('ALTER TABLE article DROP COLUMN junk')
    migrator.sql("UPDATE article SET views = 5 WHERE title = 'One'")
    migrator.sql('CREATE VIEW popular AS SELECT id, title FROM article WHERE views > 3')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP VIEW popular')
    migrator.sql('ALTER TABLE article RENAME COLUMN label TO tag')
    migrator.sql('ALTER TABLE article DROP COLUMN views')
