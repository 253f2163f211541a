def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("""
        -- ranks
        ALTER TABLE "level" ADD COLUMN rank integer NOT NULL DEFAULT 5;
        INSERT INTO "level" (name) VALUES ('a;b');
        /* and; more */
        ALTER TABLE IF EXISTS level ADD COLUMN IF NOT EXISTS hidden boolean;
        UPDATE level SET hidden = false
    """)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM level; ALTER TABLE level DROP COLUMN rank, DROP COLUMN hidden;')
