"""Many runs: the project's one runner, twins, comparisons, reports."""
