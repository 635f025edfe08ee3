"""The whole shop on one machine: local AWS engine, API server, event dispatcher and timers, all on loopback."""
