"""Install peers: `python -m bench.peers django-appointment`."""

import sys

from bench import peers

for name in sys.argv[1:]:
    peers.install(name)
