"""The client's tests import gevent, so they too are collected only when they are asked for."""

import sys

if not any("loadstone/load" in argument for argument in sys.argv):
    collect_ignore_glob = ["test_*.py"]
