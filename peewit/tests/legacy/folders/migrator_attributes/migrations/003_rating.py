import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    rating = pw.IntegerField(null=True)
    migrator.orm['film']._meta.add_field('rating', rating)
    migrator.ops.append(migrator.migrator.add_column('film', 'rating', rating))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.ops.append(migrator.migrator.drop_column('film', 'rating'))
    migrator.orm['film']._meta.remove_field('rating')
