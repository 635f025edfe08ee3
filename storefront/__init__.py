"""Static pages of the shop and the staff desk. The pages are built from plain dicts and call only the API."""
