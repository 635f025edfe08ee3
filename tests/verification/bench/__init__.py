"""What the shop costs: units, CPU, time, memory. `make bench` prints the figures; the tests hold the goals."""
