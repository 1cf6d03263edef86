"""`make bench`: what Plixa does per second, per processor-millisecond and per kilobyte, beside what else one could run.

The README in this folder says what each number means. The way through the files: `__main__` runs the parts (`ingress`,
`live`, `history`, `growth`); a part starts servers (`rivals`, `site`), sends messages (`load`), reads sockets
(`sockets`) and returns `Row`s (`figures`), which `report` prints, stores and draws.
"""
