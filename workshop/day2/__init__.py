"""Day 2: designing, training, generalising, seeing, transferring, reading, remembering."""
