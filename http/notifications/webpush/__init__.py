"""Web Push (RFC 8030): a notification to a browser that subscribed, encrypted so that only this browser reads it.

keys.py          the VAPID key pair that names this server to the push services (RFC 8292)
subscription.py  what a browser gave us, checked, and a message encrypted for it (RFC 8291, aes128gcm)
client.py        one push, and what came of it
"""
