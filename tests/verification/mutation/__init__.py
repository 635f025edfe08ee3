"""Does a test notice? One small change at a time is made to a rule or to a condition, and a test has to fail of it."""
