"""The Evolution API 2.3.x dialect: the only place that knows the gateway's JSON.

webhook.py   a webhook body -> what was seen (`plixa.actors.gateway`); pure, never raises
client.py    what we ask of the gateway, over HTTP; errors.py says what each failure allows the caller to do
records.py   one message record; peers.py: who it is from; content.py, described.py, contacts.py: what it says
payload.py   readers that take every encoding the gateway's releases have used; numbers.py: one form of a number
"""
