"""The contract as data: what must be served, and what must be shown by a test.

operations.tsv      method, path, tag, the body's fields (`*`: required)
implied_reads.tsv   method, path, tag, how strongly the prose asks for it: Explicitly, by what it Says, Weakly
behaviours.tsv      number, tag, gist
"""
