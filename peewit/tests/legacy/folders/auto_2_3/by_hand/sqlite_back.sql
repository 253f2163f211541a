-- nothing is left; stock drops a column of SQLite and leaves its index
SELECT 1;
