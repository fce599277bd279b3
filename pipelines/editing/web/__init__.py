"""The editor: a local web page over a finished run."""
