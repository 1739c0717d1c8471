from airflow.sdk import dag, task


@dag(schedule=None)
def guest():
    @task
    def arrive():
        print("arrived")

    arrive()


guest()
