"""Invariants of a shop, checked against its tables: `check.check(client, prefix)` scans each table once.

Each invariant is one function. Its docstring states the formula, and it returns one sentence per violation. The rows
are checked as they are stored. The code that wrote them is not called, and the state tables are repeated here, so that
an error in the product cannot hide itself. In formulas about money T is an order's total, C is what was captured and R
what was refunded. An order is live if it is placed or completed.
"""
