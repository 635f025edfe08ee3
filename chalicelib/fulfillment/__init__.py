"""Serving orders: routing, offers to salesmen and their claims, picking, dispatch, delivery and handover.

Owns the fulfillment and offer rows, which are stored in the `orders` table under their order's key, and the table
`fulfillment` (claim links, routing decisions). Writes OfferOpened, OfferClaimed, OfferDeclined, OfferExpired,
WorkAccepted, WorkRejected, WorkRerouted, BackorderFilled, OrderStranded, WorkPicked, WorkReady, WorkDispatched,
WorkDelivered, WorkFailed, WorkReturned, WorkHandedOver, WorkCancelled and CallRequested to the journal of the order,
and updates the order's row in the same transaction. Its use cases are called by its endpoints, by event handlers and by
a schedule.
"""
