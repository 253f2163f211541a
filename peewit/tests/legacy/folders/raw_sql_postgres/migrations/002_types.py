def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE diary ALTER COLUMN entry TYPE text')
    migrator.sql('ALTER TABLE "diary" ALTER COLUMN "score" TYPE bigint USING score::bigint, '
                 'ALTER COLUMN score SET DEFAULT 1, ALTER COLUMN score SET NOT NULL')
    migrator.sql("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    migrator.sql('ALTER TABLE diary ADD COLUMN mood mood, ADD COLUMN changed timestamp')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE diary DROP COLUMN mood, DROP COLUMN changed')
    migrator.sql('DROP TYPE mood')
    migrator.sql('ALTER TABLE diary ALTER score DROP NOT NULL, ALTER score DROP DEFAULT, ALTER score TYPE integer, '
                 'ALTER entry TYPE varchar(100)')
