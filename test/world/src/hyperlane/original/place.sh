#!/bin/sh
# Lays builds of Hyperlane's agents out for the world, in which all pods share one machine's ports and
# AWS's names lead nowhere. It needs a C compiler, openssl and tini:
#
#   sh place.sh VALIDATOR RELAYER FOLDER
#
# PLAYBOOK_REAL_AGENTS=FOLDER then has them run wherever the world's own would.
set -eu
validator=$1 relayer=$2 folder=$3
here=$(dirname "$(readlink -f "$0")")

mkdir -p "$folder"
cp "$validator" "$folder/validator"
cp "$relayer" "$folder/relayer"
cp "$(command -v tini)" "$folder/tini"
cp "$here/start.sh" "$here/door.mjs" "$folder"
cc -Wall -shared -fPIC -o "$folder/place.so" "$here/names.c" \
  "$here/../../../axon/original/bind.c"
# What is its own authority is no server's certificate to all of an agent's clients of AWS.
cd "$folder"
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=the world" \
  -keyout authority.key -out authority.crt 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=aws" -keyout door.key -out door.csr 2>/dev/null
echo "subjectAltName=DNS:*.amazonaws.com,DNS:*.us-east-1.amazonaws.com,DNS:*.s3.us-east-1.amazonaws.com" |
  openssl x509 -req -days 3650 -in door.csr -CA authority.crt -CAkey authority.key -CAcreateserial \
    -extfile /dev/stdin -out door.crt 2>/dev/null
chmod -R a+rX .
