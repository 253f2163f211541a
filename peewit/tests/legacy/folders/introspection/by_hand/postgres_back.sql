-- nothing is left; in stock's replay execute_sql answers with a mock, and get_columns cannot read it
SELECT 1;
