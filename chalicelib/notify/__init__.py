"""Who must hear of what happened: the journal's stream to SNS topics, and from there to people.

Owns the table `notify`: inboxes, claims before every SMS and e-mail, and the budgets of SMS. Writes no events: a
message changes nothing in the shop. Nobody calls it; it listens, and may look into any room.
"""
