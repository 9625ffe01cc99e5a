"""What runs inside of a sandbox: an agent that has been taken over. It knows nothing but Python's standard library.

Tests start it as any agent is started, so that the same attacks meet every sandbox.
"""
