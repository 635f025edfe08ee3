"""Prices, promotions and coupons, and the engine that prices every cart in every channel.

Owns the table `pricing`. Writes PriceSaved and PromotionSaved. `quote` is pure and is called by orders and by the
product endpoints, which are in this package because they show prices. Orders commit the writes of `use_coupon` and
`return_coupon` in their own transactions.
"""
