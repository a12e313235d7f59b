"""The scheduler of the stack without Airflow, and the jobs it runs."""
