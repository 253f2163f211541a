-- stock does not come so far
SELECT 1;
