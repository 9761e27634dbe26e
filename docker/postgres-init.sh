#!/bin/sh
# Runs once, on an empty database: the portal's own role, which is no superuser, and its database.
set -eu
psql --variable=ON_ERROR_STOP=1 --username postgres --set=password="$PORTAL_PASSWORD" <<'SQL'
CREATE ROLE portal LOGIN PASSWORD :'password';
CREATE DATABASE portal OWNER portal ENCODING 'UTF8' TEMPLATE template0
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
SQL
