#!/bin/sh
# Runs a program so that nothing of it outlives whoever started it:
#
#   sh process-guard.sh MASTER PROGRAM ARGUMENTS...      with a pipe from the starter as descriptor 3
#
# The program takes the place of this shell: same pid, leader of its session and process group.
# The guard stays beside it and reads the pipe. A line means "end it in good order", the end of the
# pipe (the starter closed it, or is dead by whatever signal) means "end all of it now".
# MASTER is the pid of a process without which the starter has nothing to do, or empty.

PATH_FOR_US=$PATH:/usr/bin:/bin
starter=$PPID
leader=$$
master=$1
shift

# The program's descendants outside its group, as pid:session. A program may put its children into
# groups and sessions of their own (act does with each step), so they are found by session and by
# parentage; the session tells a process that was seen earlier from another that got its number.
strays() {
  ps -A -o pid= -o ppid= -o pgid= -o sess= | awk -v leader="$leader" -v seen="$1" '
    BEGIN { count = split(seen, list, " "); for (i = 1; i <= count; i++) known[list[i]] = 1 }
    { parent[$1] = $2; group[$1] = $3; session[$1] = $4
      if ($1 == leader || $4 == leader || ($1 ":" $4) in known) ours[$1] = 1 }
    END {
      do {
        more = 0
        for (p in parent) if (!(p in ours) && (parent[p] in ours)) { ours[p] = 1; more = 1 }
      } while (more)
      for (p in ours) if (group[p] != leader) print p ":" session[p]
    }'
}

(
  PATH=$PATH_FOR_US
  trap '' HUP INT TERM
  seen=
  if read -r _; then
    seen=$(strays "" | tr '\n' ' ')
    kill -TERM "$leader"
    while read -r _; do :; done
  fi
  for stray in $(strays "$seen"); do kill -KILL "${stray%%:*}"; done
  kill -KILL 0
) <&3 3<&- >/dev/null 2>&1 &

# A jest worker goes on with its test when the jest that started it has been killed.
if [ -n "$master" ]; then
  (
    PATH=$PATH_FOR_US
    while kill -0 "$master"; do sleep 2; done
    kill -KILL "$starter"
  ) </dev/null 3<&- >/dev/null 2>&1 &
fi

exec "$@" 3<&-
