"""What is kept of migrations in the database: the history, the journal, and what is read from their rows."""
