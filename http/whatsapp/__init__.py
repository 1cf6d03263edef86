"""The gateway's traffic: webhooks in (`ingress`, `intake`, `directory`), calls out (`outbound`), and what watches over
both (`watch`)."""
