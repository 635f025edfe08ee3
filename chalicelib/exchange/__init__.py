"""What operators move in from an older system and take out again: folders of CSV files.

Owns nothing and writes no events of its own: every row goes through the verb that a person would use. Called by app.py.
"""
