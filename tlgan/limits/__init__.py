"""What a file may take: a file of less than 5 MB never takes 1 GB of memory or 10 seconds, whatever it declares."""
