"""A SoftHSM token in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

MODULE_PATHS = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)


def start(folder: Path, *, label: str, user_pin: str, officer_pin: str) -> dict[str, str]:
    """Initialise the token unless it is there.

    Returns: the environment that the portal's processes need.
    Raises:  FileNotFoundError when SoftHSM is not installed.
    """
    module = next((path for path in MODULE_PATHS if Path(path).exists()), None)
    tool = shutil.which("softhsm2-util")
    if module is None or tool is None:
        raise FileNotFoundError("SoftHSM is not installed; bin/setup installs it.")
    tokens = folder / "tokens"
    config = folder / "softhsm2.conf"
    tokens.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    config.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="utf-8"
    )
    if not any(tokens.iterdir()):
        subprocess.run(  # noqa: S603 - our own arguments
            [tool, "--init-token", "--free", "--label", label, "--so-pin", officer_pin, "--pin", user_pin],
            check=True,
            capture_output=True,
            env=os.environ | {"SOFTHSM2_CONF": str(config)},  # this process may work with another token
        )
    return {
        "SOFTHSM2_CONF": str(config),
        "PKCS11_MODULE": module,
        "PKCS11_TOKEN_LABEL": label,
        "PKCS11_USER_PIN": user_pin,
    }
