"""The ways in: each channel turns what its people say into one `PlaceOrder`, with its own courtesies.

Owns the table `channels` (placement links). Writes PlacementSaved. Only app.py calls it; a new channel is a file here,
a row in `SPEAKERS` and a word in catalog's list of channels.
"""
