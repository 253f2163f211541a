-- nothing is left
SELECT 1;
