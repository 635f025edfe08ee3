"""Bugs kept on purpose: each is switched on for one story or one history and must be found there, by what its entry
says. One file for each kind; `catalog` is all of them, `scene` tells their stories."""
