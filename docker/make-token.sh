#!/bin/sh
# Puts SoftHSM's library and an initialised token into the volume /hsm, unless they are there. For a rehearsal only.
#
# May be interrupted anywhere and started again. The token is made aside and moved into place whole: a portal that
# finds two of one label uses neither, and one that is in place may hold keys and is never touched.
set -eu
folder=${HSM_FOLDER:-/hsm}
[ ! -f "$folder/softhsm2.conf" ] || exit 0
if ! command -v softhsm2-util > /dev/null; then
    apt-get update
    apt-get install --yes --no-install-recommends softhsm2
fi
configure() {
    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$1" > "$2"
}
if [ ! -d "$folder/tokens" ]; then
    rm -rf "$folder/tokens.new"
    mkdir -p "$folder/tokens.new"
    configure "$folder/tokens.new" "$folder/softhsm2.conf.making"
    SOFTHSM2_CONF=$folder/softhsm2.conf.making softhsm2-util --init-token --free --label "$PKCS11_TOKEN_LABEL" \
        --so-pin "$PKCS11_USER_PIN" --pin "$PKCS11_USER_PIN"
    mv "$folder/tokens.new" "$folder/tokens"
fi
mkdir -p "$folder/lib"
cp /usr/lib/softhsm/libsofthsm2.so "$folder/lib/"
configure "$folder/tokens" "$folder/softhsm2.conf.new"
rm -f "$folder/softhsm2.conf.making"
chown -R 10001:10001 "$folder"
mv "$folder/softhsm2.conf.new" "$folder/softhsm2.conf"
