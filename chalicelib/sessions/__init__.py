"""Sign-in of staff: one-time codes, device sessions, second factors and invitations.

Owns the table `sessions`. Writes SignInRequested, SignedIn, SessionEnded, StaffInvited and the events of second
factors. app.py authenticates each request through `authenticate`; notify derives the digits of codes from
`one_time_code`.
"""
