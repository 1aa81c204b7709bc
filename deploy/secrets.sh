#!/bin/sh
# Makes the secrets that compose.yaml mounts, once; what is there stays.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
random() { head -c 48 /dev/urandom | base64 | tr -d '+/=\n'; }
keep() { [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }
keep postgres_password "$(random)"
keep redis_password "$(random)"
keep typesense_key "$(random)"
keep secret_key "$(random)"
keep database_url "postgres://revenge:$(cat secrets/postgres_password)@postgres:5432/revenge"
keep redis_url "redis://:$(cat secrets/redis_password)@cache:6379/0"
# The containers run as other users than the one who owns these files and may read each file that
# is mounted; the folder keeps everybody else out.
chmod 700 secrets
chmod 644 secrets/*
