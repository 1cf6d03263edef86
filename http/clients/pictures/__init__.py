"""Logos and help images: what is uploaded is read by its content, written anew, and kept under a UUID.

cleaning.py  an upload -> a picture that is nothing but its pixels
errors.py    why an upload is no such picture
store.py     what a store promises, and which one the settings mean
folder.py    a local folder           s3.py        S3-compatible storage
"""
