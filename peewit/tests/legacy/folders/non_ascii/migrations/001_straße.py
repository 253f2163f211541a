# -*- coding: utf-8 -*-
"""Миграция № 1 — улицы."""
import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Straße(pw.Model):
        name = pw.CharField(help_text='wie sie heißt', default='Gärtnerweg')

        class Meta:
            table_name = 'straße'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('straße')
