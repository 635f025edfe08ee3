"""The payment ledger: tenders of orders, tills and their shifts, receivables, collections, the day's ledger.

Owns the table `payments`. Writes ShiftOpened, ShiftCounted, ShiftClosed, CashHandedOver, CollectionReceived and
OpeningReceivableRecorded; the events of orders and fulfillment carry the postings that `post` computes for them.
Orders, fulfillment, returns and channels may call it; customers' credit moves only through `customers.store`.
"""
