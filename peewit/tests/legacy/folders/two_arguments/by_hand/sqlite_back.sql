-- nothing is left; stock 0.3 says DROP TABLE CASCADE, which SQLite does not know
SELECT 1;
