-- nothing is left; stock's replay inserts into the real table, whose new column it does not know
SELECT 1;
