"""What is sold, and in which channels: one record for each product, one for each channel's configuration.

Owns the table `catalog`. Writes ProductSaved and ChannelConfigured. Everyone above may read it; products and channels
are changed by the owner's doors, imports and demo data, through `keep.py` alone. Prices live in pricing.
"""
