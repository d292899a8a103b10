"""A library of three functions, for the builder's tests."""
