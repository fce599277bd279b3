"""Least squares, Huber and logistic regression of many columns at once, with standard errors."""
