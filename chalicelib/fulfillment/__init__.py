"""The work of serving an order: routing, offers to salesmen and their claims, picking, dispatch, delivery, hand-over.

Owns the rows of work and offers, which lie beside their order in its table, and the table `fulfillment` (claim links,
routing decisions). Writes OfferOpened, OfferClaimed, OfferDeclined, OfferExpired, WorkAccepted, WorkRejected,
WorkRerouted, BackorderFilled, OrderStranded, WorkPicked, WorkReady, WorkDispatched, WorkDelivered, WorkFailed,
WorkHandedOver, WorkCancelled, CallRequested, all into the journal of their order, whose row it moves on. Called by
channels, returns and engagement; driven by the order's events and a clock.
"""
