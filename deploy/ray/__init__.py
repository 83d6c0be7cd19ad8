"""The service and bulk work on a Ray cluster; what is here imports the service, never the other way round."""
