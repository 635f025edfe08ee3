"""A dress rehearsal of the deploy on one machine: the local engine behind a proxy, the unmodified `chalice deploy`."""
