"""Publishing the journal's stream to SNS topics, and notifying customers and staff of events by inbox, SMS and e-mail.

It also sweeps the journal for effects, of any package, whose messages were lost. Owns the table `notify`: inboxes, the
claims written before every SMS and e-mail, the SMS budgets and the sweep's positions. Writes no events.
Other packages do not call it; its event handlers may read from any package.
"""
