"""The whole shop on one machine: AWS engine, API server, event dispatcher and timers, all on loopback."""
