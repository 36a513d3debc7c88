"""An embedded Stripe for development and demonstrations: the SDK's own requests, answered here.

It keeps its objects in our database, knows Stripe's test cards, fees, idempotency and payouts, and
sends signed webhooks to our own address. It runs only where STRIPE_SIMULATOR says so.

One thing differs from Stripe: the memory shares our transactions, so a rollback here rolls it back
too.
"""
