"""Payments of orders, till shifts, receivables, collections and the daily ledger.

Owns the table `payments`. Writes ShiftOpened, ShiftCounted, ShiftClosed, CashHandedOver, CollectionReceived and
OpeningReceivableRecorded; the events of orders and fulfillment carry postings that `postings` computes.
Orders, fulfillment, returns and channels may call this package. A customer's credit changes only through
`customers.store`.
"""
