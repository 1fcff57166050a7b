"""Drives the demo district through its year: real services, real users, the demo clock.

`quarters` closes and publishes, `october` files a meeting and keeps a promise, `money` prepares and
approves the subsidies, `story` puts them in order and can be run again at any point.
"""
