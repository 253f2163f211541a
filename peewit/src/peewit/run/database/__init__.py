"""The database itself: where it is, opening it, locking it, and why one of these did not work."""
