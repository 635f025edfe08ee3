"""What the owner reads: sums folded from journal events, by day, channel, location and salesman.

Owns the table `reporting`; everything in it can be made again from the journal. Writes no events. Nobody calls it; it
listens, and may look into any room.
"""
