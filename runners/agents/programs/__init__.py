"""Programs that run inside the sandbox, on the standard library alone; the host only mounts this folder."""
