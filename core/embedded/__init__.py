"""The servers of one machine: PostgreSQL, Valkey, MLflow, Dagster and the API as child processes of one home.

Belongs here: starting, watching and stopping processes, and the files they need below the home. Does not belong here:
what runs inside them (`orchestration/`, `serving/`), words on the screen (`medisync/stack.py`), and any import of
mlflow or dagster: they run as programs, so that a web worker never carries them.

    process     one child: spawn, recall by pid and birth, terminate, sweep what it left
    ports       is a port free, and who holds it if not
    service     what a server must say of itself, and the one way to start and stop it
    postgres_files, postgres, valkey, mlflow, mlflow_accounts, mlflow_guard, dagster, dagster_recovery, api
    home        its secrets, and the lock that lets one launcher at a time work in it
    supervisor  all services of a home in order: start, report, stop in reverse
    watch       bring back the one that died
"""
