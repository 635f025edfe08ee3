"""Locations, staff and their roles, positions of vans, and postcodes.

Owns the table `places`. Writes LocationSaved, StaffSaved and PostcodesSaved. Every higher package may read it through
`find`. Imports, the demo and the owner's endpoints save; salesmen report the positions of their vans.
"""
