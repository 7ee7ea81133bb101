"""The same work in other people's tools, one script a peer; `python -m benchmarks.peers` prints one table."""
