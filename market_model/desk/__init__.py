"""A seat's desk as pieces of a page: what it sees, what it can decide, how it went; for one player or a class."""
