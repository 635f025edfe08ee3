"""What is where and what is on its way: levels per SKU and location, holds, the movements that change them, transfers,
counts, shelves. Goods expected on a day are a shelf of their own.

Owns the table `stock`. Writes StockReceived, StockExpected, UnclaimedStockReleased, StockAdjusted, StockCounted, TransferSent,
TransferReceived, TransferCancelled, StockResharded. Orders, fulfillment, returns and channels may call it; none of them
changes a level but through `store.change`, whose movements ride in the caller's own journal entry.
"""
