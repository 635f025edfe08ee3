"""The one engine that prices every cart in every channel: price lists, promotions, coupons, tax.

Owns the table `pricing`. Writes PriceSaved and PromotionSaved. `quote` is pure and asked by orders and by the catalog's
doors, which live here because they show prices; `use_coupon` and `return_coupon` ride in the commits of orders.
"""
