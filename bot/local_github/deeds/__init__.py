"""What can happen on the local GitHub, whoever asks for it: the API, a page, a test. One module a family."""
