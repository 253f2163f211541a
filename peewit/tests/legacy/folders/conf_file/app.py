import os

from playhouse.db_url import connect

db = connect(os.environ['DATABASE_URL'])
