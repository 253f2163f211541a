import peewee as pw


class Straße(pw.Model):
    """Eine Straße."""

    name = pw.CharField(help_text='wie sie heißt', default='Gärtnerweg')
    größe = pw.IntegerField(null=True, column_name='groesse')

    class Meta:
        table_name = 'straße'
