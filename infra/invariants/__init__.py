"""What must stay true of a shop, checked on its tables: `check.check(client, prefix)` reads each of them once.

Each invariant is one function: its formula stands in its docstring, its answer is the violations in plain words. The
checker reads rows as they are stored and calls none of the code that wrote them, except for the tables of states.
"""
