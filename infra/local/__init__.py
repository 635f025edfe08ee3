"""The whole shop on one machine: engine, doors, dispatcher and clock, all on loopback."""
