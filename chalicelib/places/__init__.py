"""Where things are and who works there: locations, staff and roles, positions of vans, postcodes.

Owns the table `places`. Writes LocationSaved, StaffSaved, PostcodesSaved. Every room above may read it with `find`;
only imports, the demo and the owner's doors keep anything; salesmen report where their vans are.
"""
