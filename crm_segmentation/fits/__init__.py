"""Fits: typed functions from a sample to a small table of parameters, without a database.

The dbt Python models in `python_models/` call them; SQL applies the parameters to every account.
"""
