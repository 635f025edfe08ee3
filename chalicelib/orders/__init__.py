"""The promise: placing, settling, cancelling and finding orders, whatever channel they come from.

Owns the table `orders` (orders and drafts). Writes OrderPlaced, OrderCancelled, ProofSubmitted, PaymentCaptured,
PaymentRejected, OrderSettled, LinkRenewed, DraftCreated, PayLinkRequested. Channels speak `PlaceOrder` to it; fulfillment
moves its orders on.
"""
