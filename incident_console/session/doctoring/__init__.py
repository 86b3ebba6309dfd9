"""Is everything here that the console needs? Each module looks at one thing and tells findings; nothing is changed."""
