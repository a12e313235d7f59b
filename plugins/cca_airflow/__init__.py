"""What our DAGs and the plugin share, and only Airflow's processes import."""
