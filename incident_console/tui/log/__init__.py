"""The log part: one open log under one's hands, here in the console and alone as `incident-console tail`.

It knows of files and lines only: nothing of incidents, rungs or engines.
"""
