"""Tools that know nothing of shops: money ids clock errors events journal db requests web listen auth config log.

Owns the tables `journal` and `requests`. Pure: money, ids, errors, events. Everyone may call it.
"""
