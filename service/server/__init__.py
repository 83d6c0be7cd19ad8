"""Bytes to requests and answers to bytes: HTTP/1.1 on a connection. The only room that knows uvicorn."""
