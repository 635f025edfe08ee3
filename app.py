"""Wiring: creates the Chalice app and registers each room's doors; nothing else."""

from importlib import import_module
from importlib.util import find_spec

from chalice.app import Chalice

from chalicelib.kit import web

ROOMS = (
    *("kit", "places", "catalog", "customers", "pricing", "stock", "payments", "orders"),
    *("fulfillment", "returns", "engagement", "channels", "notify", "reporting"),
)

app = Chalice(app_name="satukanal")
app.debug = False

for room in ROOMS:
    for furniture, blueprint in (("routes", "doors"), ("events", "events")):
        name = f"chalicelib.{room}.{furniture}"
        if find_spec(f"chalicelib.{room}") and find_spec(name) and hasattr(import_module(name), blueprint):
            app.register_blueprint(getattr(import_module(name), blueprint))

if find_spec("chalicelib.places") and find_spec("chalicelib.places.find"):
    web.who_is = import_module("chalicelib.places.find").who_is
