"""GitHub's JSON, made of the records: one module a family. Shapes follow the REST API's version 2022-11-28."""
