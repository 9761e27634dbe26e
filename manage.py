#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from mitid_portal.command_line import CommandLine


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")
    CommandLine(sys.argv).execute()


if __name__ == "__main__":
    main()
