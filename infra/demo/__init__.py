"""The demo: a made-up shop around Surabaya, and one order in each channel."""
