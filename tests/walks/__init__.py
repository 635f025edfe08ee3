"""Stories through several rooms, told at the doors on the local engine, with everything heard by its listeners."""
