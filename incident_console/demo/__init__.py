"""A real, small, flaky Snakemake workflow to try the console on: see `start` and `story`."""
