"""Picture files and animations."""
