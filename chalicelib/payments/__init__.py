"""Payments of orders, till shifts, receivables, collections and the daily ledger.

Owns the table `payments`. Writes ShiftOpened, ShiftCounted, ShiftClosed, CashHandedOver, CollectionReceived and
OpeningReceivableRecorded; the events of orders and fulfillment carry postings that `postings` computes.
Orders, fulfillment, channels and exchange call it. A customer's credit changes only through
`customers.store`.
"""
