"""Replays: order histories imported from CSV, placed again in a temporary shop, counted and checked."""
