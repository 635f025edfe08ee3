"""A believable shop around Surabaya, all of it made up, and one order told in each channel."""
