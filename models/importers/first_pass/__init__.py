"""Another project's network runs for the first time in a process of its own, with bounds on memory and time."""
