"""Placing, paying, cancelling and finding the orders and drafts of all channels.

Owns the table `orders`. Writes the events OrderPlaced, OrderCancelled, ProofSubmitted, PaymentCaptured,
PaymentRejected, OrderSettled, LinkRenewed, DraftCreated and PayLinkRequested. Channels build a `PlaceOrder` command;
fulfillment updates the order's `fulfillment_status`.
"""
