"""Networks, one subject per file, in `keras.ops` alone."""
