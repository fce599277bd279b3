"""Least squares, Huber and logistic regression of many columns at once, and how sure the estimates are."""
