"""Histories: folders brought in, lived through in a shop of their own, counted and checked."""
