"""Events to and from the disk, the incident they add up to, and the documents made of it."""
