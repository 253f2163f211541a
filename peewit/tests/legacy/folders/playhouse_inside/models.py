import peewee as pw


class Story(pw.Model):
    headline = pw.CharField(null=True)
    pub_date = pw.DateTimeField(null=True)
    comments_enabled = pw.BooleanField(default=True)

    class Meta:
        table_name = 'story'
        indexes = ((('headline',), True),)
