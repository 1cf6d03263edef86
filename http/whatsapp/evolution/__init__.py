"""The Evolution API 2.3.x dialect: the only place that knows the gateway's JSON.

webhook.py    a webhook body -> what was seen, in the words of `plixa.actors.whatsapp.gateway`; pure, never raises
records.py    one message record; peers.py: who it is from; content.py, described.py, contacts.py: what it says
client.py     what we ask of the gateway; transport.py: one HTTP exchange; answers.py: what a refusal means
errors.py     a class for each thing that the caller of the client may do differently
payload.py    readers that take every encoding the gateway's releases have used
numbers.py    one form of a phone number
"""
