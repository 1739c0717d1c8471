"""kind and minikube: clusters whose node is a container of Docker's on this machine, made here or found.

spec.py        what the file may say
folders.py     which folder of this machine is which volume's, and what the node calls it
kind.py        the commands of each program, as values
minikube.py
programs.py    runs them, and says which are missing
node.py        what Docker says of the node, and what is done in it
images.py      how images get there
record.py      what this machine remembers of it
cluster.py     makes, starts and deletes the cluster
checks.py      what keeps a deployment out
target.py      the place
"""
