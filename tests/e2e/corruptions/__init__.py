"""What a burglar may do to the end state of a month-end, one record at a time, and who must notice."""
