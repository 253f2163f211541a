-- nothing is left; stock's replay adds the column to the real database again
SELECT 1;
