"""``bin/walkthrough [address]``: plays the whole story against a running portal.

The address may also stand in WALKTHROUGH_ADDRESS; without either it is that of ``bin/run``, with its PORT.
"""

import argparse
import os
import sys

import httpx

from mitid_portal.demo.walkthrough.story import tell_story
from mitid_portal.demo.walkthrough.visitor import StoryFailed


def main() -> int:
    """Play the story. Returns: the exit status: 0 when all of it holds, 1 when something does not."""
    parser = argparse.ArgumentParser(prog="bin/walkthrough", description="Play the whole story against a portal.")
    default = os.environ.get("WALKTHROUGH_ADDRESS") or f"http://localhost:{os.environ.get('PORT', '8000')}"
    parser.add_argument("address", nargs="?", default=default, help=f"where the portal is (default {default})")
    address = parser.parse_args().address.rstrip("/")
    _say(f"Walking through {address}")
    try:
        tell_story(address, _say)
    except StoryFailed as failure:
        _say(f"✗ {failure}")
        return 1
    except httpx.HTTPError as failure:
        _say(f"✗ {address} does not answer as a portal in demo mode does ({failure}). Is bin/run up?")
        return 1
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the terminal is the page


if __name__ == "__main__":
    sys.exit(main())
