"""The editor: faces on sliders, as a local web page over any run."""
