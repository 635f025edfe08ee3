"""The rooms of the shop. See README.md for the map and who may import whom."""
