"""Proof of a bank transfer: its reference and picture, and a proof that replaces a wrong one."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chalicelib.kit import config
from infra.invariants.orders import o1_every_transition_is_allowed
from infra.invariants.snapshot import load_snapshot
from tests.client import call
from tests.shop import TEAPOT, an_order, open_shop, token

PICTURE = b"\x89PNG\r\n\x1a\n the receipt"


class Transfer:
    """An order that awaits a transfer, as its customer and finance see it."""

    def __init__(self) -> None:
        open_shop(TEAPOT=5)
        body = an_order((TEAPOT, 1), payments=[{"method": "transfer"}])
        order = call("POST", "/api/orders", body, key="a-key-of-16-characters").json
        self.path = f"/api/payments/{order['payments'][0]['id']}"
        self.order_token = order["token"]

    def send(self, **proof: Any) -> Any:
        return call("POST", f"{self.path}/proof", proof, query={"token": self.order_token})

    def decide(self, verb: str, body: Any = None) -> Any:
        return call("POST", f"{self.path}/{verb}", body, token=token("finance-maya"))

    def show(self) -> Any:
        return call("GET", f"{self.path}/proof", token=token("finance-maya")).json


@pytest.fixture
def transfer(aws: Any) -> Transfer:
    return Transfer()


def test_a_proof_keeps_its_reference_and_its_picture(transfer: Transfer) -> None:
    sent = transfer.send(reference="TRF 1", picture=base64.b64encode(PICTURE).decode())

    proof = transfer.show()
    assert (sent.status, proof["reference"], proof["content_type"]) == (200, "TRF 1", "image/png")
    assert base64.b64decode(proof["data"]) == PICTURE


def test_a_wrong_proof_is_replaced_until_it_is_checked(transfer: Transfer, aws: Any) -> None:
    transfer.send(reference="wrong", picture=base64.b64encode(PICTURE).decode())

    replaced = transfer.send(reference="TRF 2")
    again = transfer.send(reference="TRF 2")

    assert (replaced.status, again.status) == (200, 200)
    assert transfer.show() == {
        "number": 2,
        "reference": "TRF 2",
        "content_type": None,
        "data": None,
        "earlier": ["wrong"],
    }
    assert transfer.decide("confirm").json["payment_status"] == "paid"
    late = transfer.send(reference="TRF 3")
    assert (late.status, late.json["code"]) == (409, "payment_cannot_move")
    assert transfer.show()["reference"] == "TRF 2"
    assert o1_every_transition_is_allowed(load_snapshot(aws.client("dynamodb"), config.prefix())) == []


def test_five_proofs_can_be_sent_before_one_is_checked(transfer: Transfer) -> None:
    answers = [transfer.send(reference=f"TRF {number}") for number in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [409]
    assert answers[-1].json["code"] == "too_many_proofs"
    assert transfer.decide("reject", {"reason": "another amount"}).status == 200
    assert transfer.send(reference="TRF 7").status == 200
