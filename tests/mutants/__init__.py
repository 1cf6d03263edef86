"""How strong the tests are: a sample of small faults, and which of them no test notices (`make mutants`).

faults.py    the faults that a source could have: which places, and what stands there instead
areas.py     the parts of the project, and the tests that should notice a fault in each
edges.py     chosen faults, each of which must be noticed
base.py      the tests without any fault: which are green, how long each takes, what it reaches
reach.py     a plugin of pytest that writes that down
trial.py     tries one fault in a copy of the project
__main__.py  draws the sample by its seed, and tells the figures and the survivors
"""
