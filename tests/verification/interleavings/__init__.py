"""Races of two or three actors, explored in every order of their sends that can make a difference."""
