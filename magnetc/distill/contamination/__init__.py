"""Contamination: what rows have in common with benchmarks. Sources are read to tasks, an index of tasks says what a row overlaps with.

    benchmarks = read_sources([named("bfcl"), named("toolquery=data/agentboard"), named("mine.jsonl")], folder, announce)
    for overlap in Index.of(benchmarks).overlaps(row): ...
"""
