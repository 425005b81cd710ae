# ruff: noqa: T201
"""A module that ends the process when it is imported."""

import sys

print("goodbye", flush=True)
sys.exit(1)
