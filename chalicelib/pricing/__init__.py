"""Prices, promotions and coupons, and the engine that prices every cart in every channel.

Owns the table `pricing`. Writes PriceSaved and PromotionSaved. `quote` is pure; orders and the product endpoints call
it, and those endpoints are here because they show prices. The writes of `use_coupon` and `return_coupon` are committed
in transactions of orders.
"""
