"""A rehearsal of the deployment on one machine: the unmodified `chalice deploy` to the local AWS engine."""
