"""What can be reached from this pod, as one line of JSON: the argument is {NAME: [HOST, PORT]}.

`dns` says whether all of their names are known: who does not find an address is kept from nothing.
"""

import json
import socket
import sys


def is_known(host):
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


addresses = json.loads(sys.argv[1])
reached = {name: reaches(*address) for name, address in addresses.items()}
print(json.dumps({"dns": all(is_known(host) for host, _ in addresses.values()), **reached}))
