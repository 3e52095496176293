"""Workers, queues and throughput, live."""
