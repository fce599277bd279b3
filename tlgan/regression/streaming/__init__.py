"""Rows that need not fit into memory, and totals over them that have the same bits on any number of workers."""
