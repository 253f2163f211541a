"""Looking at what is there: check, doctor, and the SQL that mends what they find."""
