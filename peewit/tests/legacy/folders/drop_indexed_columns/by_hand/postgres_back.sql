-- nothing is left; stock cannot call a rollback that is not there
SELECT 1;
