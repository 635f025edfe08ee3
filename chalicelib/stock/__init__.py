"""Stock levels per SKU and location, with holds, movements, transfers, counts and expected goods.

A level is split over shards if one row would be written too often. Units expected on a day are a level of their own,
the inbound bucket of that day.

Owns the table `stock`. Writes StockReceived, StockExpected, UnclaimedStockReleased, StockAdjusted, StockCounted,
TransferSent, TransferReceived, TransferCancelled and StockResharded. Orders and fulfillment change
levels only through `store.build_level_writes`, and list the movements in their own journal entry.
"""
