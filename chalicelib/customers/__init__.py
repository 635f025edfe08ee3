"""People and companies: who they are, how sure we are of it, and how far we trust them with credit.

Owns the table `customers`. Writes CustomerSaved, TermsGranted, VerificationRequested, WrongCodeGiven, IdentityVerified,
CustomersMerged, CustomersUnmerged. Orders and payments stand on `find`, `recognise` and the credit writes of `store`.
"""
