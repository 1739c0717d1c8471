"""What can be reached from this pod, as one line of JSON: the argument is {NAME: [HOST, PORT]}."""

import json
import socket
import sys


def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


print(json.dumps({name: reaches(*address) for name, address in json.loads(sys.argv[1]).items()}))
