"""How do commands and files become evidence? Within bounds, told what was left out, redacted before hashing."""
