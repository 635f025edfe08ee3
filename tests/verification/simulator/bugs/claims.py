"""One of several gets it: offers, who may take them, and who goes home then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import accept as accepting
from chalicelib.fulfillment import candidates
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import dispatch as dispatching
from chalicelib.fulfillment.goods import Effect
from chalicelib.fulfillment.model import AlreadyClaimed, Case, NotInvited, WarehouseAccepted
from chalicelib.places.keep import keep_staff
from chalicelib.places.store import as_staff
from chalicelib.stock import move as moving
from chalicelib.stock import store as stock
from chalicelib.stock.model import OutOfStock
from tests.shop import STAFF, TEAPOT, who
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap, unconditional
from tests.verification.simulator.bugs.scene import Scene
from tests.verification.simulator.bugs.shop import BUDI, DEWI, JOKO, RATNA

KIND = "claims"


def two_salesmen_claim(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    claiming.claim(BUDI, scene.offer(order))
    scene.refuses(AlreadyClaimed, lambda: claiming.claim(DEWI, scene.offer(order)))


def a_salesman_claims(scene: Scene) -> None:
    claiming.claim(BUDI, scene.offer(scene.heard((TEAPOT, 2))))


def somebody_claims_who_was_not_asked(scene: Scene) -> None:
    empty(scene, "van-dewi")
    order = scene.heard((TEAPOT, 2))
    scene.refuses(NotInvited, lambda: claiming.claim(DEWI, scene.offer(order)))


def somebody_claims_who_lost_his_van(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    budi = next(each for each in STAFF if each.id == BUDI)
    keep_staff(replace(budi, location="van-dewi"), "test")
    scene.refuses(NotInvited, lambda: claiming.claim(BUDI, scene.offer(order)))


def a_claim_comes_after_the_warehouse_began(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    scene.step(order, "accept", by=JOKO)
    scene.refuses(WarehouseAccepted, lambda: claiming.claim(BUDI, scene.offer(order)))


def a_van_is_emptied_before_the_claim(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    empty(scene, "van-budi")
    scene.refuses(OutOfStock, lambda: claiming.claim(BUDI, scene.offer(order)))


def an_order_is_too_large_for_any_van(scene: Scene) -> None:
    case = scene.case(scene.heard((TEAPOT, 4)))
    scene.holds("who is asked carries the goods", not case.offers)


def a_claimed_order_is_brought(scene: Scene) -> None:
    order = scene.heard((TEAPOT, 2))
    claiming.claim(BUDI, scene.offer(order))
    scene.step(order, "dispatch", "deliver", by=BUDI)


def empty(scene: Scene, van: str) -> None:
    moving.adjust(who(RATNA), van, {TEAPOT: -3}, "lost")


def won_again(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda offer, staff, now: replace(offer, status="claimed", claimed_by=staff, version=offer.version + 1)


def of_his_own_van(offer: Any, staff: str) -> Any:
    return replace(offer.invited[0], staff=staff, location=f"van-{staff.partition('-')[2]}")


def anybody(staff_id: str, invitation: Any) -> Any:
    key = claiming.staff_key(staff_id)
    return as_staff(claiming.db.get(key.row, key.pk, key.sk))


def a_version_behind(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, claim_version=0, **more: was(*said, claim_version=max(0, claim_version - 1), **more)


BUGS = (
    Bug(
        "an offer is won by everybody who claims it",
        KIND,
        by="O5",
        sown=(swap(claiming, "claimed", won_again), swap(claiming, "win_offer", unconditional)),
        story=two_salesmen_claim,
    ),
    Bug(
        "whoever claims is not asked whether he was invited",
        KIND,
        by="NotInvited",
        sown=(
            swap(claiming.Offer, "invitation", instead(of_his_own_van)),
            swap(claiming, "check_driver", instead(anybody)),
            swap(stock._Change, "enough", instead([])),
        ),
        story=somebody_claims_who_was_not_asked,
    ),
    Bug(
        "goods are taken from a van that its claimer drives no more",
        KIND,
        by="NotInvited",
        sown=(swap(claiming, "check_driver", instead(anybody)),),
        story=somebody_claims_who_lost_his_van,
    ),
    Bug(
        "a claim leaves the warehouse at work",
        KIND,
        by="O5",
        sown=(swap(Case, "waiting", answers([])),),
        story=a_salesman_claims,
    ),
    Bug(
        "a claim leaves the warehouse's units promised",
        KIND,
        by="S3",
        sown=(swap(claiming, "let_go", answers(Effect())),),
        story=a_salesman_claims,
    ),
    Bug(
        "the order still counts on the warehouse's units after a claim",
        KIND,
        by="S3",
        sown=(swap(claiming, "live", lambda was: lambda works: works),),
        story=a_salesman_claims,
    ),
    Bug(
        "an acceptance leaves the offer open",
        KIND,
        by="O5",
        sown=(swap(accepting, "disputed", answers(None)),),
        story=a_claim_comes_after_the_warehouse_began,
    ),
    Bug(
        "a claim takes from a van what is not on it",
        KIND,
        by="S2",
        sown=(swap(stock._Change, "enough", instead([])),),
        story=a_van_is_emptied_before_the_claim,
    ),
    Bug(
        "salesmen are asked for goods they do not carry",
        KIND,
        by="who is asked carries the goods",
        sown=(swap(candidates, "carried", lambda was: lambda vans, demand: {van.location: demand for van in vans}),),
        story=an_order_is_too_large_for_any_van,
    ),
    Bug(
        "goods leave with an older claim's number",
        KIND,
        by="O5",
        sown=(swap(dispatching, "WorkDispatched", a_version_behind),),
        story=a_claimed_order_is_brought,
    ),
)
