def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("""
        CREATE OR REPLACE FUNCTION touch_diary() RETURNS trigger AS $$
        BEGIN
            NEW.changed := '2020-02-02 00:00:00';
            RETURN NEW;
        END;
        $$ LANGUAGE plpgsql
    """)
    migrator.sql('CREATE TRIGGER diary_touch BEFORE INSERT OR UPDATE ON diary '
                 'FOR EACH ROW EXECUTE PROCEDURE touch_diary()')
    migrator.sql("""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM diary) THEN
                INSERT INTO diary (entry, mood) VALUES ('first; line', 'ok');
            END IF;
        END $$
    """)
    migrator.sql('ALTER SEQUENCE diary_id_seq RESTART WITH 1000')
    migrator.sql("INSERT INTO diary (entry, mood) VALUES ('second', 'happy')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM diary')
    migrator.sql('DROP TRIGGER diary_touch ON diary')
    migrator.sql('DROP FUNCTION touch_diary()')
