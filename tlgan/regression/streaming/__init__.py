"""Rows that need not fit into memory, and sums over them that do not depend on who adds."""
