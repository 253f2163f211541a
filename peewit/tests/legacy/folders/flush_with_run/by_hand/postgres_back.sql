-- nothing is left; stock replays the file with the NOT NULL column still unfilled, and its replay runs what migrator.run() flushes
SELECT 1;
