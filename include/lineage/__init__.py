"""Lineage as OpenLineage events: which store is made from which, from the archive to gold."""
