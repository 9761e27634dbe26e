#!/bin/sh
# Puts SoftHSM's library and an initialised token into the volume /hsm, unless they are there. For a rehearsal only.
set -eu
[ ! -f /hsm/softhsm2.conf ] || exit 0
apt-get update
apt-get install --yes --no-install-recommends softhsm2
mkdir -p /hsm/lib /hsm/tokens
cp /usr/lib/softhsm/libsofthsm2.so /hsm/lib/
printf 'directories.tokendir = /hsm/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' > /hsm/softhsm2.conf.new
SOFTHSM2_CONF=/hsm/softhsm2.conf.new softhsm2-util --init-token --free --label "$PKCS11_TOKEN_LABEL" \
    --so-pin "$PKCS11_USER_PIN" --pin "$PKCS11_USER_PIN"
chown -R 10001:10001 /hsm
mv /hsm/softhsm2.conf.new /hsm/softhsm2.conf
