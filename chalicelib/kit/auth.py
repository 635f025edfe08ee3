"""Who is calling: principals, and the signed tokens they carry.

A staff token proves who signed in; what he may do now is read from the staff list by the wiring above. An order's
own token is an HMAC of the order and its token version: a repeat can show it again, and it is kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.kit import clock, config
from chalicelib.kit.errors import NotSignedIn

ROLES = ("owner", "cashier", "salesman", "agent", "warehouse", "courier", "finance", "channel")
STAFF = frozenset(ROLES) - {"channel"}
TOKEN_DAYS = 30


@dataclass(frozen=True)
class Principal:
    """`id` is a staff id or a channel key's id; a shopper has none, only perhaps an order's `token`."""

    role: str = "anyone"
    id: str = ""
    location: str | None = None
    name: str = ""
    token: str = ""

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def actor(self) -> str:
        """How the journal calls him; a shopper is nobody in particular."""
        return self.id or "shopper"


ANYONE = Principal()


def staff_token(staff_id: str, role: str, version: int = 1) -> str:
    """`version` is the staff row's: raising it there signs every older token out."""
    return _timed_serializer("staff").dumps({"id": staff_id, "role": role, "v": version})


def read_staff_token(token: str) -> dict[str, Any]:
    """{"id", "role", "v"}. Raises NotSignedIn for anything forged, expired or meant for another purpose."""
    try:
        claims, signed_at = _timed_serializer("staff").loads(token, return_timestamp=True)
    except BadData as error:
        raise NotSignedIn() from error
    # One signed where the clock is ahead of ours is no forgery, so only its end is looked at.
    if clock.now() - signed_at > timedelta(days=TOKEN_DAYS):
        raise NotSignedIn()
    if not isinstance(claims, dict) or not {"id", "role", "v"} <= claims.keys():
        raise NotSignedIn()
    return claims


def order_token(order_id: str, version: int = 1) -> str:
    """256 bits. Raising the version ends every link made before."""
    return _order_token(config.secrets()[-1], order_id, version)


def order_token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_valid_order_token(token: str, order_id: str, version: int = 1) -> bool:
    """Whichever of our keys made it: a new key ends no link, taking an old one away ends those it made."""
    given = token.encode("utf-8", "surrogatepass")
    made = [_order_token(secret, order_id, version).encode() for secret in config.secrets()]
    return any(hmac.compare_digest(given, each) for each in made)


def _order_token(secret: str, order_id: str, version: int) -> str:
    return _mac(secret, f"order:{order_id}:{version}", 32)


def short_token(purpose: str, *parts: str) -> str:
    """128 bits that fit in an SMS; the same parts always give the same token."""
    return _mac(config.secrets()[-1], ":".join((purpose, *parts)), 16)


def network_id(address: str) -> str:
    """Stands for the network somebody calls from and tells nobody where that is. Empty for an address that is not of
    the open internet: behind one of those stands everybody."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not found.is_global:
        return ""
    network = ipaddress.ip_network((found, 32 if found.version == 4 else 64), strict=False)  # a home has 2^64 of these
    return short_token("caller", str(network))


def sign(purpose: str, value: Any) -> str:
    """For cursors, carts and links: readable by all, made by us."""
    return str(URLSafeSerializer(list(config.secrets()), salt=purpose).dumps(value))


def unsign(purpose: str, text: str) -> Any:
    """None for what we did not sign for this purpose."""
    try:
        return URLSafeSerializer(list(config.secrets()), salt=purpose).loads(text)
    except BadData:
        return None


def _timed_serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(config.secrets()), salt=purpose, signer=_ClockSigner)


class _ClockSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _mac(secret: str, text: str, size: int) -> str:
    digest = hmac.digest(secret.encode(), text.encode(), "sha256")[:size]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
