"""Files that stages write and others read: fits, evaluations, cards of trained networks."""
