"""What is counted and timed: cheap for those who count, whole over several processes, read by Prometheus."""
