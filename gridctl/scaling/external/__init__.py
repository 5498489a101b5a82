"""The Kubernetes External Metrics API over a measured lag: what is asked, what fits, what is answered. Pure."""
