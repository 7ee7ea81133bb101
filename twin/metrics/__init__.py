"""What a person would quote: coverage, queues, grid, policy lines, audit."""
