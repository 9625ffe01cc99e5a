"""Small scripts that stand between the host and a sandboxed process; each is run by path, on the standard library."""
