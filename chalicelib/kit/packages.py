"""The packages of chalicelib in layers, and the tables and topics of a stage."""

from __future__ import annotations

from importlib import import_module

# A package may import packages of the layers before its own.
LAYERS = (
    ("kit",),
    ("places", "catalog"),
    ("customers",),
    ("pricing", "stock", "payments", "sessions"),
    ("orders",),
    ("fulfillment",),
    ("channels", "exchange"),
)
EVENT_CONSUMERS = ("notify", "reporting")  # may import any package; no package imports them
PACKAGES = (*(package for layer in LAYERS for package in layer), *EVENT_CONSUMERS)

TABLES = (*(package for package in PACKAGES if package not in ("kit", "exchange")), "requests", "journal")

# The topic to which the events of a package are published.
TOPIC_OF = {
    "orders": "orders",
    "fulfillment": "fulfillment",
    "payments": "payments",
    "stock": "stock",
    "customers": "customers",
    "sessions": "customers",  # both are about people, and a topic of its own would need another function
    "places": "reference",
    "catalog": "reference",
    "pricing": "reference",
    "channels": "reference",
}
TOPICS = tuple(dict.fromkeys(TOPIC_OF.values()))


def import_models() -> None:
    """Import the model of every package that writes events, so that `Event.kinds` is complete."""
    for package in TOPIC_OF:
        import_module(f"chalicelib.{package}.model")
