"""The embedded one-node Kubernetes on this machine, with the user's folders in it, live."""
