"""Professional services automation: the systems where people are staffed and write their time."""
