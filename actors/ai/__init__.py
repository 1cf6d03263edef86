"""Answers made by a language model, as far as they can be decided without asking one. Pure.

values.py       what is asked and what comes of it
prompts.py      versioned prompts; forms.py: the typed shapes in which a model must answer
guard.py        before a model is asked: who asks for a person, who tries to give the model orders
facts.py        the prices, dates, times, addresses in a text
grounding.py    after a model has answered: what must hold before anything is sent; replies.py: the verdict
selection.py    what of the knowledge a request is about
similarity.py   which FAQ a question means; lexicon.py, patterns.py, text.py: the words we know
hours.py        opening hours read from a sentence
loops.py        two machines talking to each other
budget.py       what a call costs, and whether it may be made
shaping.py      results that keep their promises, out of what a model has filled in
embedded.py     the same without a model: from FAQs, hours and rules; phrases.py: what it says

A model's answer is never an action by itself: it is a typed wish (`forms`), which `replies.judge` grants or turns into
a hand-off. What customers write, and what stands in FAQs, is data in every prompt and evidence in every check.
"""

FACE: tuple[str, ...] = ("config", "text", "values")
"""The modules that other features may import."""
