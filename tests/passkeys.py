"""An authenticator in software: it answers as a browser with a passkey does."""

import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Passkey:
    def __init__(self, user_id: int, host: str = "testserver", *, is_verified: bool = True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(user_id).encode()).digest()[:16]
        self.handle = websafe_encode(str(user_id).encode())
        self.host = host
        self.flags = PRESENT | (VERIFIED if is_verified else 0)

    def created(self, challenge: str) -> dict:
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        data = self.data(ATTESTED, bytes(credential))
        made = AttestationObject.create("none", data, {})
        return self.answer(
            clientDataJSON=self.client_data("webauthn.create", challenge),
            attestationObject=bytes(made),
        )

    def used(self, challenge: str) -> dict:
        client = self.client_data("webauthn.get", challenge)
        data = bytes(self.data())
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        answer = self.answer(clientDataJSON=client, authenticatorData=data, signature=signature)
        answer["response"]["userHandle"] = self.handle
        return answer

    def data(self, more: int = 0, credential: bytes = b"") -> AuthenticatorData:
        host = hashlib.sha256(self.host.encode()).digest()
        return AuthenticatorData.create(host, self.flags | more, 0, credential)

    def client_data(self, kind: str, challenge: str) -> bytes:
        origin = f"https://{self.host}"
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def answer(self, **response: bytes) -> dict:
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {part: websafe_encode(value) for part, value in response.items()},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }
