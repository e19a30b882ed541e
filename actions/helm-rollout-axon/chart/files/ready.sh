#!/bin/sh
# Ready is what is in sync with its peers: Axon has no address for that, and its RPC answers POST
# alone. A peer that does not answer says nothing against this node, or a chain whose nodes have all
# been stopped would never start.
set -eu

ask() {
  curl -sf -m 2 -H "Content-Type: application/json" \
    -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":[]}" "http://$1:8000" |
    tr -d ' \n\t'
}

height() {
  ask "$1" eth_blockNumber | sed -n 's/.*"result":"\(0x[0-9a-fA-F]*\)".*/\1/p'
}

case "$(ask "$AXON_HOST" eth_syncing)" in
  *'"result":false'*) ;;
  *) echo "It is syncing, or does not answer." && exit 1 ;;
esac

own="$(height "$AXON_HOST")"
peers="$(height "$AXON_PEERS" || true)"
lag=$((${peers:-$own} - own))
if [ "$lag" -gt "$AXON_LAG" ]; then
  echo "It is $lag blocks behind a peer." && exit 1
fi
