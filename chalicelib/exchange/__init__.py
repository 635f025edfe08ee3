"""Import and export of reference data, stock, customers and orders as CSV files.

Owns no table and writes no events of its own: every row is saved by the use case of its package. No package imports it.
"""
