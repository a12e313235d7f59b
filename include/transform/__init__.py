"""dbt in process: raw tables to marts."""
