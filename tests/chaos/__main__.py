"""`python -m tests.chaos [--full] [EXPERIMENT…]`: runs experiments and prints what was measured."""

from tests.chaos.command import main

main()
