"""The Chalice app, with the endpoints and event handlers of every package registered."""

from importlib import import_module
from importlib.util import find_spec

from chalice.app import Chalice

from chalicelib.kit import config, web
from chalicelib.kit.packages import PACKAGES
from chalicelib.sessions.authenticate import authenticate

app = Chalice(app_name="satukanal")
app.debug = False
app.log.setLevel(config.setting("LOG_LEVEL", "INFO"))  # Chalice has set ERROR

for package in PACKAGES:
    for file, blueprint in (("routes", "endpoints"), ("events", "handlers")):
        name = f"chalicelib.{package}.{file}"
        if find_spec(name) and hasattr(import_module(name), blueprint):  # kit/events.py has no handlers
            app.register_blueprint(getattr(import_module(name), blueprint))

web.use_principal_loader(authenticate)
