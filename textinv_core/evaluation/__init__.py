"""What pictures and words are worth: judges, metrics, ranking, probes, intervals, costs."""
