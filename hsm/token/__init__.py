"""The PKCS#11 module as an island: nothing outside this package sees a session or a handle."""
