"""Damaged and hostile files in great number, and readers that must refuse or read them."""
