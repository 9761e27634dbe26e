#!/bin/sh
# Runs once, on an empty database: two roles, neither a superuser, and the portal's database.
#
# portal_owner owns it, migrates, founds the keys and backs up. portal is whom web, worker and beat connect as: it owns
# nothing, so that it can add to the log and change nothing of it; manage.py audit_grants says what else it may.
set -eu
psql --variable=ON_ERROR_STOP=1 --username postgres \
    --set=owner_password="$OWNER_PASSWORD" --set=password="$PORTAL_PASSWORD" <<'SQL'
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password';
GRANT pg_read_all_stats TO portal_owner;  -- ceremonies and restores look for others' open transactions
CREATE ROLE portal LOGIN PASSWORD :'password';
CREATE DATABASE portal OWNER portal_owner ENCODING 'UTF8' TEMPLATE template0
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE portal FROM PUBLIC;
GRANT CONNECT ON DATABASE portal TO portal;
SQL
