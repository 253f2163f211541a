"""The benchmark: peewit, its peers, and the least a database needs for the same work, in one run."""
