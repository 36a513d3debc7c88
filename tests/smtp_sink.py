"""
A mail server that takes everything and writes down what it took.

    python -m tests.smtp_sink FILE

Prints the port on which it listens. A line is in FILE before the sender hears 250, so that whatever
a sender that is killed may think, the file knows: a Message-ID for each letter. While there is a
file of that name with ".hold" behind it, a sender waits for its 250.
"""

import email
import os
import socketserver
import sys
import time
from pathlib import Path


class Session(socketserver.StreamRequestHandler):
    """RFC 5321 as far as a sender needs it."""

    def handle(self):
        self.say("220 sink")
        for line in iter(self.rfile.readline, b""):
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                self.take(self.letter())
                self.say("250 taken")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 sink")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def letter(self):
        """What comes until a line that is a single dot."""
        lines = []
        for line in iter(self.rfile.readline, b""):
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line)
        raise ConnectionResetError  # the sender died in the middle: nothing was taken

    def take(self, letter):
        told = email.message_from_bytes(letter)["Message-ID"].strip()
        os.write(self.server.file, f"{told}\n".encode())
        while self.server.hold.exists():
            time.sleep(0.05)


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A sender was killed in the middle, which is what this is for."""


def main(path):
    with Sink(("127.0.0.1", 0), Session) as sink:
        sink.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sink.hold = Path(f"{path}.hold")
        sys.stdout.write(f"{sink.server_address[1]}\n")
        sys.stdout.flush()
        sink.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
