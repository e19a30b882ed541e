import { type Context, realClock } from "@playbook/action";
import { openSession, readS3Store } from "@playbook/aws";
import { folderStore, type Store } from "@playbook/state";

/** What the parts of the library that these commands use may do to the terminal. */
export const context: Context = {
  clock: realClock,
  signal: new AbortController().signal,
  progress: () => {},
  warn: (line) => process.stderr.write(`${line}\n`),
  mask: () => {},
};

/** The store for reading: nobody's writes are tried, so a role that only reads is enough. */
export async function openForReading(state: string, region: string): Promise<Store> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+?)\/?$/.exec(state) ?? [];
  if (!bucket || !prefix) return readOnly(folderStore(state));
  const session = await openSession({ region, policy: {}, name: "playbook-ledger", context });
  return readOnly(readS3Store({ session, bucket, prefix, context }));
}

/** Records and ledgers take a whole store; this one refuses to be written to. */
function readOnly(store: Pick<Store, "location" | "read" | "list">): Store {
  return {
    location: store.location,
    read: (key) => store.read(key),
    list: (prefix, after, most) => store.list(prefix, after, most),
    create: () => Promise.reject(new Error("This command only reads.")),
  };
}
