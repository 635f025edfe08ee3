"""The state tables, written down a second time on purpose: reading the product's own tables would accept every mistake
in them. A test compares the two."""

from __future__ import annotations

Table = dict[str, set[str]]

ORDER: Table = {
    "draft": {"placed", "cancelled"},
    "placed": {"completed", "cancelled"},
    "completed": set(),
    "cancelled": set(),
}
ORDER_FULFILLMENT: Table = {
    "unassigned": {"offered", "assigned", "delivered", "cancelled"},
    "offered": {"assigned", "unassigned", "cancelled"},
    "assigned": {"assigned", "offered", "unassigned", "partly_shipped", "shipped", "delivered", "cancelled"},
    "partly_shipped": {"shipped", "assigned", "offered", "unassigned", "delivered", "returned"},
    "shipped": {"delivered", "assigned", "partly_shipped", "returned"},
    "delivered": {"returned"},
    "returned": {"unassigned", "partly_shipped", "cancelled"},
    "cancelled": set(),
}
OFFER: Table = {
    "open": {"claimed", "declined_by_all", "expired", "superseded"},
    "claimed": set(),
    "declined_by_all": set(),
    "expired": set(),
    "superseded": set(),
}
WORK: Table = {
    "awaiting": {"assigned", "cancelled"},
    "assigned": {"accepted", "rejected", "cancelled"},
    "accepted": {"picking", "rejected", "cancelled"},
    "picking": {"ready", "rejected", "cancelled"},
    "ready": {"in_transit", "handed_over", "cancelled"},
    "in_transit": {"delivered", "failed_attempt"},
    "failed_attempt": {"in_transit", "back_at_location"},
    "delivered": {"confirmed"},
    "confirmed": set(),
    "handed_over": set(),
    "back_at_location": {"returned"},
    "returned": set(),
    "rejected": set(),
    "cancelled": set(),
}
WORK_ON_A_VAN: Table = {"accepted": {"ready", "in_transit", "handed_over"}}  # in addition to WORK
PAYMENT: dict[str, Table] = {
    "cash": {"captured": set()},
    "cod": {"due": {"captured", "cancelled"}, "captured": set(), "cancelled": set()},
    "transfer": {
        "awaiting_proof": {"proof_submitted", "captured", "expired", "cancelled"},
        "proof_submitted": {"captured", "rejected", "expired", "cancelled"},
        "rejected": {"awaiting_proof", "proof_submitted", "captured", "expired", "cancelled"},
        "expired": {"captured"},
        "cancelled": {"captured"},
        "captured": set(),
    },
    "credit": {"on_credit": {"captured", "cancelled"}, "captured": set(), "cancelled": set()},
}
SHIFT: Table = {"open": {"counted"}, "counted": {"closed"}, "closed": set()}
TRANSFER: Table = {
    "in_transit": {"partially_received", "received", "cancelled"},
    "partially_received": {"partially_received", "received", "cancelled"},
    "received": set(),
    "cancelled": set(),
}
REPEATABLE: dict[str, Table] = {  # the only states that may follow themselves
    "off": {"open": {"open"}},  # declined by one fulfiller, still open for others
    "pay": {"proof_submitted": {"proof_submitted"}},  # a proof may be replaced until it is checked
    "shf": {"counted": {"counted"}},  # a till may be counted again until its shift is closed
}
SEND: Table = {"claimed": {"sent", "failed", "unknown"}, "sent": set(), "failed": set(), "unknown": set()}

ABANDONED = {"rejected", "cancelled", "returned"}
ARRIVED = {"delivered", "confirmed", "handed_over"}
IN_TRANSIT_OR_ARRIVED = ARRIVED | {"in_transit", "failed_attempt"}
CAME_BACK = {"back_at_location", "returned"}  # the goods left their location and were returned to its stock
HAS_LEFT_LOCATION = IN_TRANSIT_OR_ARRIVED | {"back_at_location"}  # the order's goods left the location at least once
BEFORE_DISPATCH = {"awaiting", "assigned", "accepted", "picking", "ready"}
