-- nothing is left; stock calls the rollback a file has not with an argument it does not take
SELECT 1;
