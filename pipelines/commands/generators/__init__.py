"""Commands on a generator's file that nobody has used here yet."""
