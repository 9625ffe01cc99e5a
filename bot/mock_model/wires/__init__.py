"""The protocols that the mock model speaks, one module each."""
