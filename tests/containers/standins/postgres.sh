#!/bin/sh
# What the official image's entry point does, as far as docker-compose.yml asks for it.
set -eu
PGDATA=${PGDATA:-/var/lib/postgresql/data}/pgdata
export PGDATA
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
    initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust >/dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait --silent --options "-c listen_addresses='' -k /tmp" start >/dev/null
    psql --quiet --host /tmp --username "$POSTGRES_USER" --dbname postgres --command "CREATE DATABASE \"$POSTGRES_DB\""
    pg_ctl --wait --silent stop >/dev/null
fi
shift
exec postgres -c "listen_addresses=*" -c unix_socket_directories=/var/run/postgresql "$@"
