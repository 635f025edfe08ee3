"""Principals and signed tokens: staff tokens, order tokens, short links, cursors.

A staff token proves who signed in; the current role and the session are read by the loader that app.py sets. An order
token is an HMAC of the order id and its token version, so it is never stored and a repeated request can return
it again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.kit import clock, config
from chalicelib.kit.errors import NotSignedIn
from chalicelib.kit.policy import EVERYTHING, STAFF, Relations

TOKEN_DAYS = 30


@dataclass(frozen=True)
class Principal:
    """The caller of a request. `id` is a staff id or the id of a channel key; it is empty for a shopper, who may have
    an order's `token`. `relations` is what they reach at the endpoint; event handlers and imports reach everything."""

    role: str = "anyone"
    id: str = ""
    location: str | None = None
    name: str = ""
    token: str = ""
    session: str = ""  # of the device, `ses_…`; empty for a token that the operator signed
    confirmed_until: datetime | None = None  # how long the session's last second factor counts
    relations: Relations = EVERYTHING

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def actor(self) -> str:
        """The name that the journal records: the id, or `shopper`."""
        return self.id or "shopper"

    def has_second_factor(self, now: datetime) -> bool:
        """Return whether the caller confirmed a second factor a short time ago; the operator's tokens need none."""
        return not self.session or (self.confirmed_until is not None and now < self.confirmed_until)


ANYONE = Principal()


def staff_token(staff_id: str, role: str, version: int = 1) -> str:
    """Return a token without a session, for the demo, scripts and tests: only the operator has the signing keys.

    `version` is the staff row's; incrementing it there revokes every older token."""
    return _timed_serializer("staff").dumps({"id": staff_id, "role": role, "v": version})


def session_token(staff_id: str, session_id: str, version: int) -> str:
    """Return the token of a session, which is valid as long as the session is stored and not expired."""
    return _timed_serializer("staff").dumps({"id": staff_id, "role": "", "v": version, "s": session_id})


def read_staff_token(token: str) -> dict[str, Any]:
    """Return the claims {"id", "role", "v"}, and "s" of a session's token.

    Raises NotSignedIn for a forged, expired or otherwise unsuitable token."""
    try:
        claims, signed_at = _timed_serializer("staff").loads(token, return_timestamp=True)
    except BadData as error:
        raise NotSignedIn() from error
    if not isinstance(claims, dict) or not {"id", "role", "v"} <= claims.keys():
        raise NotSignedIn()
    # The clock of the signing machine may be ahead, so only the expiry is checked. Sessions have an end of their own.
    if "s" not in claims and clock.now() - signed_at > timedelta(days=TOKEN_DAYS):
        raise NotSignedIn()
    return claims


def order_token(order_id: str, version: int = 1) -> str:
    """Return the token that opens an order, 256 bits. Incrementing the version revokes every earlier link."""
    return _order_token(config.secrets()[-1], order_id, version)


def order_token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_valid_order_token(token: str, order_id: str, version: int = 1) -> bool:
    """Return whether any configured key made this token: a removed key invalidates the links it signed."""
    encoded = token.encode("utf-8", "surrogatepass")
    valid_tokens = [_order_token(secret, order_id, version).encode() for secret in config.secrets()]
    return any(hmac.compare_digest(encoded, valid) for valid in valid_tokens)


def _order_token(secret: str, order_id: str, version: int) -> str:
    return _mac(secret, f"order:{order_id}:{version}", 32)


def short_token(purpose: str, *parts: str) -> str:
    """Return a token of 128 bits that fits in an SMS; equal parts give equal tokens."""
    return _mac(config.secrets()[-1], ":".join((purpose, *parts)), 16)


def network_id(address: str) -> str:
    """Return an opaque keyed identifier of the caller's network.

    Empty for an address outside the public internet, because such an address may be shared by all callers.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not parsed.is_global:
        return ""
    prefix_length = 32 if parsed.version == 4 else 64  # one household has a whole /64 of IPv6
    return short_token("caller", str(ipaddress.ip_network((parsed, prefix_length), strict=False)))


def sign(purpose: str, value: Any) -> str:
    """Return the value as signed, unencrypted text: for cursors, carts and links."""
    return str(URLSafeSerializer(list(config.secrets()), salt=purpose).dumps(value))


def unsign(purpose: str, text: str) -> Any:
    """Return the signed value, or None for text that was not signed for this purpose."""
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
