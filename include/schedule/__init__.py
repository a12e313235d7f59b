"""When things run: the times of Airflow's DAGs, and the scheduler of the stack without Airflow."""
