"""The synthetic firm: what it is, who works there, and what its people will do and when."""
