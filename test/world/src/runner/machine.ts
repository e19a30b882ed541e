import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The folders of a run: those that its jobs see, and those that only the world does. */
export type Machine = {
  /** What jobs see is below it. */
  folder: string;
  /** What every job's HOME begins with. */
  home: string;
  /** Programs that stand before those of the system. */
  bin: string;
  /** The runner's own: workspaces, temporary folders, copies of actions. */
  work: string;
  /** The product's clone, which a checkout copies. */
  product: string;
  /** What the world keeps to itself is below it. */
  hidden: string;
  /** Copies of the workflows and actions, see serve.ts. */
  served: string;
  /** Names of entry scripts that may not end yet, see cancel.ts. */
  held: string;
  /** What each step was given and what it wrote into the files that the runner reads. */
  records: string;
  /** What each job left behind. */
  left: string;
};

/** Name of the script that stays above the entry process of a step. */
const STEP = "world-step";

const SYSTEM = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export async function makeMachine(
  folder: string,
  hidden: string,
  home: string | undefined,
): Promise<Machine> {
  const machine: Machine = {
    ...{ folder, hidden, home: home ?? join(folder, "home"), bin: join(folder, "bin") },
    ...{ work: join(folder, "work"), product: join(folder, "product") },
    ...{ served: join(hidden, "served"), held: join(hidden, "held") },
    ...{ records: join(hidden, "records"), left: join(hidden, "left") },
  };
  const { bin, work, served, held, records, left } = machine;
  for (const path of [bin, work, served, held, records, left]) await mkdir(path);
  if (!home) await mkdir(machine.home);

  await writeFile(join(bin, STEP), stepScript(machine));
  await writeEntry(machine, "node", process.execPath);
  await writeEntry(machine, "bash", "/bin/bash");
  await writeEntry(machine, "sh", "/bin/sh");
  return machine;
}

/**
 * The whole environment that the runner starts with. Nothing of this process's own gets through:
 * no proxy, no credentials, no configuration.
 */
export function machineEnvironment(
  { bin, home }: Machine,
  { env = {}, path = [] }: { env?: Record<string, string>; path?: string[] },
): Record<string, string> {
  return {
    ...{ HOME: home, LANG: "C.UTF-8", RUNNER_ENVIRONMENT: "github-hosted", USER: "runner" },
    ACT_DISABLE_VERSION_CHECK: "1",
    ...env,
    PATH: [bin, ...path, dirname(process.execPath), ...SYSTEM].join(":"),
  };
}

/**
 * A script between the runner and the entry process of a step. It gives each job a home and tools
 * of its own, as a machine of its own would; records what goes in and out; and lets GitHub's way of
 * cancelling be played, in which the runner waits for the entry process.
 */
async function writeEntry({ bin, home, records }: Machine, name: string, program: string) {
  const path = join(bin, name);
  await writeFile(
    path,
    `#!/bin/bash
# Not sh: that drops variables with a dash in their name, as inputs have them.
read -r parent < /proc/$PPID/comm
[ "$parent" = act ] || exec ${program} "$@"

# The runner asks where node is, and will call that: it is to be this script.
case "$*" in *'console.log(process.execPath)') echo "$0"; exit ;; esac
[ -n "$GITHUB_ACTION" ] || exec ${program} "$@"

job=\${GITHUB_WORKSPACE%/*}
[ -e "$job/refused" ] && exit 1
export HOME=$job/home RUNNER_TOOL_CACHE=$job/tools TMPDIR=$job/tmp
[ -e "$HOME" ] || { cp -RP ${home} "$HOME" && mkdir "$RUNNER_TOOL_CACHE"; }
unset ACT ACT_DISABLE_VERSION_CHECK RUNNER_PERFLOG

[ "$GITHUB_ACTION" = world-gate ] && exec ${program} "$@"
env -0 > ${records}/$$.environ
exec env -i GITHUB_WORKSPACE="$GITHUB_WORKSPACE" /bin/bash ${join(bin, STEP)} ${program} "$@"
`,
  );
  await chmod(path, 0o755);
}

/**
 * The process above a step's entry process, which GitHub does not have: so it knows nothing but the
 * workspace, and has nothing to show to those who look at their parents.
 */
function stepScript({ held, records }: Machine): string {
  return `trap : INT TERM
mapfile -d '' -t given < ${records}/$$.environ
# A shell tells when what it started was killed; a runner does not.
exec 3>&2 2> /dev/null
env -i "\${given[@]}" "$@" 2>&3 3>&-
code=$?

for variable in "\${given[@]}"; do
  case "$variable" in
    GITHUB_ENV=*|GITHUB_OUTPUT=*|GITHUB_STATE=*|GITHUB_PATH=*|GITHUB_STEP_SUMMARY=*)
      cat "\${variable#*=}" >> ${records}/$$.files ;;
  esac
done
[ -e ${held}/$$ ] && rm ${held}/$$ && exec sleep 600
exit $code
`;
}
