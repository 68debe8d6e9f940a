"""The platform's query language: words, syntax tree, and the SQL it is compiled to (wire 4.1)."""
