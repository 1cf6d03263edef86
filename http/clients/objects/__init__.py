"""Files by their key: in a folder, or in S3 and what speaks like it (R2, MinIO, Spaces). Media and backups are kept so.

keys.py      what a key may be
errors.py    trouble with the storage
store.py     what a store promises, and which one an address means
folder.py    a local folder           s3.py        S3-compatible storage
"""
