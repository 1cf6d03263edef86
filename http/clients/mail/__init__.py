"""E-mail: one port, three ways out.

port.py      what a mail is, and what a mailer promises
errors.py    a class for each thing that the caller of a mailer may do differently
resend.py    Resend's HTTP API          smtp.py      any SMTP server
folder.py    a local folder, for development; pages.py shows it
opening.py   which of the three the settings mean
message.py   a mail in the form of RFC 5322
render.py    a kind of letter, a language and values -> subject, text, HTML; kinds.py: which kinds, which values;
             formats.py: dates, numbers and durations; templates/: the words of each language, and one layout
"""
