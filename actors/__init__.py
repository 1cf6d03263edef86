"""The business, pure: what each actor decides, and what its events make of its state.

A folder a feature; its `LOGIC` (`logic.py`) says what it brings, its `FACE` what another feature may import. Imports
`engine`, and nothing that waits, reads a clock or rolls dice: time, ids and look-ups come with `now` and the command.
"""
