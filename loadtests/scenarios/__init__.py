"""One ordinary Locust file a scenario; each works under plain `locust -f` too, from the repository's root."""
