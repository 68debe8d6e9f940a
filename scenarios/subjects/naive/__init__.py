"""The kind of point-to-point script that teams really write, as a subject: what a rehearsal finds in it."""
