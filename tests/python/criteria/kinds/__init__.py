"""One file a kind of leaf: each edge from both sides, NULL, nothing at all, and `not`."""
