"""moto's server on a free port, which it prints, with what moto 5.2.5 gets wrong put right.

KMS: MessageType=DIGEST says that the message is a hash already, moto hashes it again
(https://github.com/getmoto/moto/pull/10202). What switches a key on and off takes its ARN as well as
its id.
"""

import json
import logging
import threading

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms import models, responses, utils
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

HASHES = {
    "ECDSA_SHA_256": hashes.SHA256,
    "ECDSA_SHA_384": hashes.SHA384,
    "ECDSA_SHA_512": hashes.SHA512,
}

request = threading.local()


def ecdsa(name):
    made = HASHES[str(getattr(name, "value", name))]()
    return ec.ECDSA(Prehashed(made) if request.is_digest else made)


def sign(self, message, signing_algorithm):
    utils.validate_signing_algorithm(signing_algorithm, self.valid_signing_algorithms)
    return self.private_key.sign(message, ecdsa(signing_algorithm))


def verify(self, message, signature, signing_algorithm):
    utils.validate_signing_algorithm(signing_algorithm, self.valid_signing_algorithms)
    try:
        public = self.private_key.public_key()
        public.verify(signature, message, ecdsa(signing_algorithm))
    except InvalidSignature:
        return False
    return True


def knowing_the_message_type(name):
    original = getattr(responses.KmsResponse, name)

    def respond(self):
        request.is_digest = self._get_param("MessageType") == "DIGEST"
        return original(self)

    setattr(responses.KmsResponse, name, respond)


def knowing_arns(name):
    original = getattr(models.KmsBackend, name)

    def perform(self, key_id, *more, **options):
        return original(self, self.any_id_to_key_id(key_id), *more, **options)

    setattr(models.KmsBackend, name, perform)


utils.ECDSAPrivateKey.sign = sign
utils.ECDSAPrivateKey.verify = verify
knowing_the_message_type("sign")
knowing_the_message_type("verify")
for action in ["disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion"]:
    knowing_arns(action)

moto_itself = DomainDispatcherApplication(create_backend_app)


def application(environment, respond):
    """moto, and a way of the world's own to make many objects at once."""
    if environment["PATH_INFO"] != "/world/fill":
        return moto_itself(environment, respond)
    body = environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"]))
    asked = json.loads(body)
    backend = s3_backends[asked["account"]]["aws"]
    for key in asked["keys"]:
        backend.put_object(asked["bucket"], key, b"", disable_notification=True)
    respond("204 No Content", [])
    return []


logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server(
    "127.0.0.1",
    0,
    application,
    threaded=True,
    request_handler=MotoRequestHandler,
)
print(f"listening on {server.port}", flush=True)
server.serve_forever()
