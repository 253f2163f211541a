import os

DATABASE = os.environ['DATABASE_URL']
MIGRATE_TABLE = 'schema_history'
IGNORE = ['basemodel']
