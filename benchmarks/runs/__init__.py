"""What `benchmarks/run.py` measures."""
