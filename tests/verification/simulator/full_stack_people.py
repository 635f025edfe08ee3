"""Actions of people on the full path: signing in and out, devices, invitations, and the salesmen of a customer."""

from __future__ import annotations

from typing import Any

from chalicelib.sessions.one_time_code import derive_code
from tests.verification.simulator.action_helpers import SALESMEN
from tests.verification.simulator.full_stack import FullStackSim
from tests.verification.simulator.full_stack_client import RequestRefused
from tests.verification.simulator.full_stack_orders import RATNA

PHONES = {"salesman-budi": "+6281100000003", "salesman-dewi": "+6281100000004"}


def sign_in_and_out(sim: FullStackSim) -> str:
    """Sign in with the sent code or a wrong one, and end the session here or from the list of devices."""
    staff, is_wrong = sim.rng.choice(SALESMEN), sim.rng.random() < 0.2
    attempt = sim.client.post("/api/sign-in", {"phone": PHONES[staff]})["attempt"]
    code = "000000" if is_wrong else find_code(sim, attempt)
    signed_in = sim.client.post("/api/sign-in/confirm", {"attempt": attempt, "code": code})
    with sim.client.signed_in_with(staff, signed_in["token"]):
        sessions = sim.client.get("/api/sessions", staff)["items"]
        if sim.rng.random() < 0.5:
            sim.client.post("/api/sign-out", None, staff)
            return f"{staff} signs out"
        session = sim.rng.choice(sessions)["id"]
        sim.client.request("DELETE", f"/api/sessions/{session}", None, staff)
        return f"{staff} ends {session[-6:]} of {len(sessions)}"


def find_code(sim: FullStackSim, attempt: str) -> str:
    """Return the code of an attempt. Raises RequestRefused if it has none, as for an inactive person."""
    codes = [row["code_id"] for row in sim.rows("sessions", f"attempt#{attempt}") if row.get("code_id")]
    if not codes:
        raise RequestRefused("no code was sent")
    return derive_code(codes[0])


def invite_or_assign(sim: FullStackSim) -> str:
    """Invite a cashier, or give a customer to a salesman or take them away."""
    if sim.rng.random() < 0.3:
        number = sim.rng.randint(1, 3)
        member = {"name": f"Kasir {number}", "role": "cashier", "phone": f"+62811000001{number}"}
        sim.client.post("/api/staff", member | {"location": "store-tunjungan"}, RATNA, idempotent=True)
        return f"cashier {number} is invited"
    staff, method = sim.rng.choice(SALESMEN), sim.rng.choice(("PUT", "DELETE"))
    sim.client.request(method, f"/api/customers/cus_makmur/salesmen/{staff}", None, RATNA)
    return f"{method} {staff}"


def settle_exceptions(sim: FullStackSim) -> str:
    """Send goods that came back again, and record a refund that is owed."""
    board: list[dict[str, Any]] = sim.client.get("/api/exceptions", RATNA)["items"]
    actions = [item["action"] for item in board if item["kind"] in ("returned_goods", "refund_owed")]
    if not actions:
        return "nothing to settle"
    action = sim.rng.choice(actions)
    sim.client.request(action["method"], f"/api{action['path']}", action.get("body"), RATNA, idempotent=True)
    return str(action["path"])
