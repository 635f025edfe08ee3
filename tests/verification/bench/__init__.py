"""Benchmarks: DynamoDB units, CPU, latency and memory. `make bench` prints the figures; the tests check goals."""
