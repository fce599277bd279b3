"""Routes of the editor, one Flask blueprint for each subject."""
