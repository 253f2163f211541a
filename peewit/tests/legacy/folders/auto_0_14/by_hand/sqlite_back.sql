-- nothing is left; stock cannot create a model of that name again
SELECT 1;
