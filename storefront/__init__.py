"""The static shop and the staff desk: pages made from plain facts by `build`, talking to the API and nothing else."""
