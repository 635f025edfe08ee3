"""Mutation testing of rules and of the conditions of writes: each small change must make a test fail."""
