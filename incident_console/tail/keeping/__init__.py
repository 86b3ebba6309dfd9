"""The logs of running jobs, kept readable for when a retry deletes them."""
