"""What the intake's benchmark is made of: one delivery, the servers that take it, and who sends it."""
