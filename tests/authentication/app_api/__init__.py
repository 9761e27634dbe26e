"""The app's interface: signatures, nonces, problems, and every address."""
