import logging

import peewee as pw

logger = logging.getLogger(__name__)


def migrate(migrator, database, fake=False, **kwargs):
    logger.info('creating %s', 'item')

    @migrator.create_model
    class Item(pw.Model):
        name = pw.CharField()

    migrator.sql("INSERT INTO item (name) VALUES ('Hello World!')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('item')
