"""Customers: contact details, verified identities, merging, and credit terms.

Owns the table `customers`. Writes CustomerSaved, TermsGranted, VerificationRequested, WrongCodeGiven, IdentityVerified,
CustomersMerged and CustomersUnmerged. Orders and payments use `find`, `identify_customer` and the credit writes of
`store`.
"""
