"""The REST API under `/api/v3`, one module a family, each with its part of the route table."""
