"""Steps and their freshness, the cache, locks, progress and interrupts."""
