"""Benchmarks. `make bench` prints one JSON object a figure; machines differ, so that a figure
is a ratio to a baseline measured in the same run wherever one makes sense."""
