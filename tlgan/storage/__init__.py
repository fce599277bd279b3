"""Files written whole or not at all, and readers that run nothing and check every size."""
