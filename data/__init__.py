"""Readers of labelled image sets."""
