"""What peewit promises of locks, crashes, full disks and racing starts, proved by doing it; `make reliability`."""
