"""Metabase as code: questions, dashboards, and what brings them there."""
