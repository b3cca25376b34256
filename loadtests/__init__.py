"""Load of the reference service: Locust scenarios, and the checks that judge what they saw. HTTP only."""
