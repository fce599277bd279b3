"""The command `tlgan`."""
