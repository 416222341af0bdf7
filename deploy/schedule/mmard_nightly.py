"""Airflow: a night's work as one task, for the folder of DAGs.

The worker that runs it needs the checkout (built, in /opt/mmard) and /etc/mmard/nightly.env, as deploy/schedule/nightly.env explains.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="mmard_nightly",
    description="Train (or go on training), evaluate, publish the better student",
    schedule="0 22 * * *",
    start_date=datetime(2026, 1, 1),
    # A night that was missed is not made up for: the run of the last one is gone on with.
    catchup=False,
    max_active_runs=1,
    tags=["mmard"],
) as dag:
    BashOperator(
        task_id="nightly",
        # The date of the night, not of the try: a retry goes on with the run. bash hands Airflow's signal on to the script by becoming it.
        bash_command="set -a; . /etc/mmard/nightly.env; MMARD_NIGHT={{ data_interval_end | ds }}; exec /opt/mmard/spark-jobs/nightly.sh",
        # What was stopped (143) or has failed (1) is gone on with; a mistake (2) comes back in seconds each time.
        retries=3,
        retry_delay=timedelta(minutes=5),
    )
