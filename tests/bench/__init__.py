"""The workload `sales`, measured through HTTP beside hand-written SQL. Run it with `make bench`."""
