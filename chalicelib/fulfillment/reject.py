"""The fulfiller says no, with a reason that decides what becomes of the units. Who brings it then is decided by
`reroute`, from the event that this writes."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.goods import Effect, let_go, write_off
from chalicelib.fulfillment.model import REASONS, Fulfillment, FulfillmentStatus, UnknownReason, WorkRejected, stepped
from chalicelib.fulfillment.realign import check_aligned
from chalicelib.fulfillment.step import StepChange, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Moved
from chalicelib.stock.model import Level, OutOfStock, Piece
from chalicelib.stock.store import load_levels

MOST_EMPTIED = 40  # shelves; the transaction that releases the pieces has room for no more


@db.decided_anew
def reject(principal: Principal, fulfillment_id: str, reason: str, skus: Sequence[str] = ()) -> Fulfillment:
    """`skus` are those that were not found or are damaged; without them, all of this fulfillment's."""
    if reason not in REASONS:
        raise UnknownReason(("reason", reason), reasons=", ".join(REASONS))
    at = scene(principal, fulfillment_id)
    if at.work.status == FulfillmentStatus.REJECTED:
        return at.work
    after = stepped(at.work, FulfillmentStatus.REJECTED, reason=reason)
    check_aligned(at.case)
    wanting = [piece for piece in at.work.pieces if not skus or piece.sku in skus]
    goods = let_go(at.case.order, at.work.pieces) + loss(reason, wanting)
    unfit = tuple(sorted({piece.sku for piece in wanting}))
    event = WorkRejected(*at.ids, reason=reason, skus=unfit, movements=goods.movements)
    try:
        return take_step(at, after, event, StepChange(goods, order={"bringer": ""}))
    except OutOfStock as sold_meanwhile:
        raise Moved() from sold_meanwhile  # what was to be written off is somebody's now: look again


def loss(reason: str, wanting: Sequence[Piece]) -> Effect:
    if reason == "damaged":
        return write_off(wanting)
    if reason == "not_found":
        return write_off(unsellable(wanting))
    return Effect()


def unsellable(wanting: Sequence[Piece]) -> list[Piece]:
    """All that could still be promised of these SKUs here, besides the pieces given up: nothing of it was found."""
    given_up: dict[tuple[str, str, int], int] = {}
    for piece in wanting:
        given_up[piece.place] = given_up.get(piece.place, 0) + piece.quantity
    levels = load_levels({(piece.sku, piece.location) for piece in wanting})
    left = [(level, level.available + given_up.get(level.place, 0)) for level in _largest(levels)]
    return [Piece(level.sku, level.location, quantity, level.shelf) for level, quantity in left if quantity > 0]


def _largest(levels: Sequence[Level]) -> list[Level]:
    return sorted(levels, key=lambda level: -level.on_hand)[:MOST_EMPTIED]
