"""What goes wrong with keys, as the apps above see it."""


class HsmUnavailable(Exception):  # noqa: N818 - the name the interface has: it says what is so
    """The module, its token or one of its keys cannot be reached; nothing was done."""


class KeyClosed(HsmUnavailable):
    """A key that lies wrapped in the database is not open in this process."""


class KeyBroken(KeyClosed):
    """A wrapped key was changed, or the module's key is not the one that wrapped it; the module itself is well."""


class KeyIsThere(HsmUnavailable):
    """The token holds a key under a label that a new one was to have."""


class SealBroken(Exception):  # noqa: N818 - as above
    """A sealed value was changed, moved to another row or purpose, or is none of ours."""
