"""Generators and labellers from any file: load, describe, convert."""
