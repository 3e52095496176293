"""Workers of a job: the tasks that move items from one queue to the next."""
