"""Products and the configuration of sales channels.

Owns the table `catalog`. Writes ProductSaved and ChannelConfigured. Other packages read it; only `save.py` changes
products and channels, for the owner's endpoints, imports and demo data. Prices are in the package `pricing`.
"""
