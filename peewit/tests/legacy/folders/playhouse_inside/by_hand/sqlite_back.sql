-- nothing is left; stock's replay runs playhouse's operations on the real database
SELECT 1;
