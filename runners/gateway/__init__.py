"""The gateway: the only way out of a sandbox. It knows a run by its credential, and holds the keys.

`routes` says which requests there are, `vocabulary` what they may be made of, `requests` which of them are refused,
`metering` what an answer took; `charge` is one request's money, `app` lets it out. `hosts` says which hosts may be
reached, `proxy` reaches them. `shares` bounds what one run may hold, `attempts` for how long. `server` is both doors.
"""
