"""Sales channels: the endpoints for orders, quotes, drafts, carts and placement links.

Each channel turns the order form into a `PlaceOrder` command by its own rules. Owns the table `channels` (placement
links). Writes PlacementSaved. No package imports it. A new channel needs a module here, an entry in
`COMMAND_BUILDERS` of routes.py and its name in `CHANNELS` of catalog/model.py.
"""
