"""The criteria language held against an evaluator that knows nothing of the macros."""
