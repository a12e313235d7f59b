"""The work log: what was asked and done in a day or a week, by project, out of gold."""
