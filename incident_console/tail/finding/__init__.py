"""What is in a text: matches, errors, levels, times; looked for in slices, at any size."""
