"""The endpoints: HTTP in, HTTP out, no arithmetic. One file a family; ``app`` includes them."""
