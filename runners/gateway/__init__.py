"""The gateway: the only way out of a sandbox. It knows a run by its credential, and holds the keys.

`routes` says which requests there are, `requests` which of them are refused, `metering` what an answer took, `app` does
it.
"""
