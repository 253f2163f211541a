"""Migration files → the schema they lead to, without the application's database."""
