#!/bin/sh
# Lays a build of Axon out for the world, in which all pods share one machine's ports:
#
#   sh place.sh AXON FOLDER
#
# PLAYBOOK_REAL_AXON=FOLDER/axon then has it run wherever the world's own nodes would.
set -eu
axon=$1 folder=$2
here=$(dirname "$(readlink -f "$0")")

mkdir -p "$folder"
cp "$axon" "$folder/axon-itself"
cc -Wall -shared -fPIC -o "$folder/bind.so" "$here/bind.c"
cat >"$folder/axon" <<'END'
#!/bin/sh
folder=$(dirname "$(readlink -f "$0")")
LD_PRELOAD=$folder/bind.so exec "$folder/axon-itself" "$@"
END
chmod 755 "$folder/axon" "$folder/axon-itself"
