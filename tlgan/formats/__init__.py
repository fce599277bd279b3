"""The axis file, and axes in the formats of other tools."""
