#!/bin/sh
# Becomes a container's first process. In a mount and a process namespace of its own:
#
#   sh sandbox.sh ROOT MOUNTS READ_ONLY BEGUN FOLDER USER GROUP GROUPS PROGRAM ARGUMENTS...
#
# ROOT is an empty folder that becomes `/`; MOUNTS a file of lines "source, target below ROOT, ro or
# rw", separated by tabs; READ_ONLY is "true" for a root that cannot be written; BEGUN is a file that
# is empty until the program is about to begin. USER is empty where the machine allows no other one.
set -eu
their_path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 mounts=$2 read_only=$3 begun=$4 folder=$5 user=$6 group=$7 groups=$8
shift 8

mount --bind "$root" "$root"
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then
    ln -s "$(readlink "/$name")" "$root/$name"
  elif [ -d "/$name" ]; then
    mkdir "$root/$name"
    mount --bind -o ro "/$name" "$root/$name"
  fi
done
mkdir -p "$root/usr" "$root/dev" "$root/proc" "$root/tmp" "$root/etc/ssl"
chmod 1777 "$root/tmp"
mount --bind -o ro /usr "$root/usr"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
[ ! -d /etc/ssl ] || mount --bind -o ro /etc/ssl "$root/etc/ssl"

tab=$(printf '\t')
while IFS=$tab read -r source target mode; do
  if [ -d "$source" ]; then
    mkdir -p "$root$target"
  else
    mkdir -p "$(dirname "$root$target")"
    [ -e "$root$target" ] || : >"$root$target"
  fi
  mount --bind "$source" "$root$target"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$root$target"
done <"$mounts"
[ "$read_only" != true ] || mount -o remount,bind,ro "$root"

exec 4>"$begun"
if [ -n "$user" ]; then
  set -- setpriv --reuid="$user" --regid="$group" --groups="$groups" "$@"
fi
inside='PATH=$1; cd "$2"; shift 2; echo begun >&4; exec 4>&-; exec "$@"'
set -- sh -c "$inside" sh "$their_path" "$folder" "$@"
exec chroot "$root" "$@" 2>&1
