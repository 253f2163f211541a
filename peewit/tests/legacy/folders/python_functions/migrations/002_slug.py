import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Tag = migrator.orm['tag']
    migrator.add_fields(Tag, slug=pw.CharField(null=True))

    @migrator.python
    def slugs():
        for tag in Tag.select():
            tag.slug = tag.name.lower().replace(' ', '-')
            tag.save()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('tag', 'slug')
