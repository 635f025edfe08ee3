"""Publishing the journal's stream to SNS topics, and notifying customers and staff of events by inbox, SMS and e-mail.

Owns the table `notify`: inboxes, the claims written before every SMS and e-mail, and the SMS budgets. Writes no events.
Other packages do not call it; its event handlers may read from any package.
"""
