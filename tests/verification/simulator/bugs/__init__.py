"""Bugs that are planted in the product to prove that the invariants detect them.

Each is switched on for one scenario or one simulated history and must be detected as its entry names. There is one file
per kind; `catalog` lists all of them and `scenario_driver` runs their scenarios.
"""
