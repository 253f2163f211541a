-- nothing is left; in stock's replay execute_sql answers with a mock, and the file cannot read it
SELECT 1;
