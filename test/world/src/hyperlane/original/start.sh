#!/bin/bash
# Starts Hyperlane's own agent where the world's would be: `start.sh ./validator`.
set -eu
folder=$(dirname "$(readlink -f "$0")")
behaviour=$(cat "${WORLD_AGENT_BEHAVIOUR:-/dev/null}")
case $behaviour in
  *'"crashes":true'*) echo "panicked: this build crashes"; exit 101 ;;
  *'"neverReady":true'*) exec "$folder/tini" -- sleep infinity ;;
esac

export WORLD_DOOR=8443 SSL_CERT_FILE=$folder/authority.crt
node "$folder/door.mjs" &
until (exec 3<>"/dev/tcp/$WORLD_POD_IP/$WORLD_DOOR") 2>&-; do sleep 0.05; done
exec "$folder/tini" -- env LD_PRELOAD="$folder/place.so" "$folder/$(basename "$1")" "${@:2}"
