"""One module a publisher; none knows another."""
