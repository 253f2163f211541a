import peewee as pw
import playhouse.postgres_ext as pw_pext


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Message(pw.Model):
        payload = pw_pext.BinaryJSONField(default={}, index=True)
        tags = pw_pext.ArrayField(pw.CharField, null=True)
        sent = pw_pext.DateTimeTZField(null=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('message')
