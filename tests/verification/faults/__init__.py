"""What goes wrong by itself: many at once, lost replies, killed processes, repeats, poison. All on the local engine."""
