"""The load process: an open workload inside Locust users, reported by the second.

Only this package may import locust or gevent, and only in the process of `python -m loadstone.load`:
importing locust patches the process. `facts` and `arrival` import neither, for locustfiles import them.
"""
