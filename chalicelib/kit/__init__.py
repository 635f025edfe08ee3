"""Technical base of all packages: database access, journal, HTTP endpoints, event handlers, money, ids, time, logging.

Contains no business rules. Owns the tables `journal` and `requests`. `money`, `ids`, `errors` and `events` are pure.
Every package may import it.
"""
