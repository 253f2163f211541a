def prepare(database):
    """The administrator's part."""
    database.execute_sql('CREATE SCHEMA ops')
    database.close()
