"""The settings as the type checker's plugin loads them: nothing runs, so every address may be empty."""

import os

for name in ("DATABASE_URL", "REDIS_URL", "PKCS11_MODULE", "PKCS11_TOKEN_LABEL", "PKCS11_USER_PIN", "SECRET_KEY"):
    os.environ.setdefault(name, "postgres://types" if name == "DATABASE_URL" else "types")
os.environ.setdefault("PUBLIC_ADDRESS", "http://types.invalid")
os.environ.setdefault("DEMO", "1")

from mitid_portal.settings import *
