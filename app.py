"""Wiring: creates the Chalice app and registers each room's doors; nothing else."""

from importlib import import_module
from importlib.util import find_spec

from chalice.app import Chalice

from chalicelib.kit import config, web
from chalicelib.kit.packages import PACKAGES
from chalicelib.places.find import who_is

app = Chalice(app_name="satukanal")
app.debug = False
app.log.setLevel(config.setting("LOG_LEVEL", "INFO"))  # Chalice lets only errors through, to this one and to ours

for package in PACKAGES:
    for furniture, blueprint in (("routes", "doors"), ("events", "events")):
        name = f"chalicelib.{package}.{furniture}"
        if find_spec(name) and hasattr(import_module(name), blueprint):  # kit/events.py tells what events are
            app.register_blueprint(getattr(import_module(name), blueprint))

web.use_principal_loader(who_is)
