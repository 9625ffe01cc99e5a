"""What the operator's commands do with a deployment, up or down."""
