"""Answers from a language model, or without one: the only place that speaks to a model's server.

answerer.py     the port: what can be asked of an answerer
model.py        an answerer that asks a model over the OpenAI protocol; completions.py: one call; stream.py: its answer
embedded.py     an answerer that needs nobody
opening.py      which of the two, by the settings
errors.py       a class for each thing that the caller may do differently

What is asked and how an answer is judged is decided in `plixa.actors.ai`; here it is only carried there and back.
"""
