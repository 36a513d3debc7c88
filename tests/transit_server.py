"""What Vault's transit engine documents of encrypt, decrypt, rotate and reading a key, over HTTP.

Keys are derived per context (HKDF-SHA256) and encrypt with AES-256-GCM, as there. Answers and
refusals have the shapes and words of the real one, so that what reads them can be tested.
"""

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN = "s.of-the-site"


class Refusal(Exception):
    def __init__(self, status, *errors):
        self.status, self.errors = status, list(errors)


class Engine(ThreadingHTTPServer):
    """One engine at `transit/` with one key, "telehealth"."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.versions = [os.urandom(32)]
        self.oldest = 1  # min_decryption_version
        self.is_derived, self.is_sealed = True, False
        self.token = TOKEN
        self.asked: list[str] = []
        self.answer: tuple[int, bytes] | None = None  # instead of what it would say

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def rotate(self) -> None:
        self.versions.append(os.urandom(32))

    def told(self, method, path, token, fields):
        self.asked.append(f"{method} {path}")
        if self.is_sealed:
            raise Refusal(503, "Vault is sealed")
        if token != self.token:
            raise Refusal(403, "permission denied")
        deeds = {
            "GET /v1/transit/keys/telehealth": self.key,
            "POST /v1/transit/encrypt/telehealth": self.encrypt,
            "POST /v1/transit/decrypt/telehealth": self.decrypt,
        }
        if f"{method} {path}" not in deeds:
            raise Refusal(404)
        return {"request_id": "x", "data": deeds[f"{method} {path}"](fields)}

    def key(self, _fields):
        return {
            "type": "aes256-gcm96",
            "derived": self.is_derived,
            "latest_version": len(self.versions),
            "min_decryption_version": self.oldest,
        }

    def encrypt(self, fields):
        nonce, latest = os.urandom(12), len(self.versions)
        sealed = self.box(latest, fields).encrypt(nonce, b64decode(fields["plaintext"]), None)
        words = b64encode(nonce + sealed).decode()
        return {"ciphertext": f"vault:v{latest}:{words}", "key_version": latest}

    def decrypt(self, fields):
        kind, version, words = [*fields["ciphertext"].split(":"), "", ""][:3]
        if kind != "vault" or not version[1:].isdecimal():
            raise Refusal(400, "invalid ciphertext: no prefix")
        if not self.oldest <= int(version[1:]) <= len(self.versions):
            raise Refusal(400, "ciphertext or signature version is disallowed by policy (too old)")
        raw = b64decode(words)
        try:
            plain = self.box(int(version[1:]), fields).decrypt(raw[:12], raw[12:], None)
        except InvalidTag:
            raise Refusal(400, "cipher: message authentication failed") from None
        return {"plaintext": b64encode(plain).decode()}

    def box(self, version, fields):
        if not self.is_derived:
            return AESGCM(self.versions[version - 1])
        if not fields.get("context"):
            raise Refusal(400, "missing 'context' for key derivation; the key was created derived")
        kdf = HKDF(SHA256(), 32, salt=None, info=b64decode(fields["context"]))
        return AESGCM(kdf.derive(self.versions[version - 1]))


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        self.respond({})

    def do_POST(self) -> None:
        self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def respond(self, fields) -> None:
        status, body = self.server.answer or self.answered(fields)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answered(self, fields):
        token = self.headers.get("X-Vault-Token", "")
        try:
            told = self.server.told(self.command, self.path, token, fields)
        except Refusal as refusal:
            return refusal.status, json.dumps({"errors": refusal.errors}).encode()
        return 200, json.dumps(told).encode()

    def log_message(self, *_args) -> None:
        pass


@contextmanager
def running_transit() -> Iterator[Engine]:
    with Engine() as engine:
        thread = threading.Thread(target=engine.serve_forever, daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            engine.shutdown()
            thread.join()
