"""The demo company: a small industrial supplier, made from one seed and hard in known ways."""
