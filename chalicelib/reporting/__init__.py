"""Sales recap for the owner: sums by day, channel, location and salesman, projected from journal events.

Owns the table `reporting`, which can be rebuilt from the journal. Writes no events. No package imports it; it handles
events and may import any package.
"""
