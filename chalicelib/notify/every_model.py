"""Every room that writes events: imported together, so that `Event.kinds` is whole."""

from importlib import import_module
from importlib.util import find_spec

ROOMS = ("places", "catalog", "customers", "pricing", "stock", "payments", "orders", "fulfillment", "channels")

MODELS = [import_module(f"chalicelib.{room}.model") for room in ROOMS if find_spec(f"chalicelib.{room}.model")]
