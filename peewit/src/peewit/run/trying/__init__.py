"""What would happen, without doing it: plans, proofs of new files, scripts for somebody else to run."""
