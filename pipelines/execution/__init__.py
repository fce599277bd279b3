"""Where and on what the stages compute: the virtual environment, the backend, one process or many."""
