import peewee as pw


class Article(pw.Model):
    id = pw.AutoField()
    title = pw.TextField()
    views = pw.IntegerField(default=0, constraints=[pw.SQL('DEFAULT 0')])
    label = pw.TextField(null=True)

    class Meta:
        table_name = 'article'
        indexes = ((('title',), False),)


class Audit(pw.Model):
    article_id = pw.IntegerField(null=True)
    at = pw.TextField(null=True)

    class Meta:
        table_name = 'audit'
        primary_key = False
