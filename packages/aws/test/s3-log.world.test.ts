import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Log, LogLost, type Store } from "@playbook/state";
import { openS3Store } from "../src/index.ts";
import { type Account, openAccount, witness } from "./account.ts";

let account: Account;
let store: Store;
let prefixes = 0;

beforeAll(async () => {
  account = await openAccount();
});
beforeEach(async () => {
  const context = witness();
  const session = await account.session(context);
  prefixes += 1;
  store = await openS3Store({ session, bucket: "state", prefix: `log${prefixes}`, context });
});
afterAll(() => account?.world[Symbol.asyncDispose]());

const PUT = { service: "s3", operation: "PutObject" };

describe("a log in a bucket", () => {
  const logOf = (writer: string) =>
    new Log<{ text: string }>({
      store,
      prefix: "log",
      format: "test",
      version: 1,
      writer,
      parse: (value) => value as { text: string },
    });

  test.each(["lose reply", "answer 412 though won"] as const)(
    "knows its own entry again: %s",
    async (fault) => {
      const log = logOf("one");
      await log.read();
      account.aws.fault({ do: fault, match: PUT });

      await expect(log.append({ text: "first" })).resolves.toMatchObject({ index: 0 });
      expect(await logOf("two").read()).toHaveLength(1);
    },
  );

  test("lets one of two writers win and tells the other", async () => {
    const [one, two] = [logOf("one"), logOf("two")];
    await Promise.all([one.read(), two.read()]);

    const outcomes = await Promise.allSettled([
      one.append({ text: "one" }),
      two.append({ text: "two" }),
    ]);

    const lost = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(lost).toEqual([expect.any(LogLost)]);
    expect(await logOf("reader").read()).toHaveLength(1);
  });

  test("of which the newest entry was deleted is not taken for a shorter one", async () => {
    const log = logOf("one");
    await log.read();
    for (const text of ["first", "second"]) await log.append({ text });
    const admin = new S3Client(account.aws.clientConfig());
    const Key = `log${prefixes}/log/0000000001.json`;
    await admin.send(new DeleteObjectCommand({ Bucket: "state", Key }));

    await expect(logOf("two").read()).rejects.toMatchObject({ code: "state-deleted" });
  });

  test("is written on through sessions that end", async () => {
    const log = logOf("one");
    await log.read();

    for (let index = 0; index < 5; index += 1) {
      account.aws.expireSessions();
      await log.append({ text: String(index) });
    }

    expect(await logOf("reader").read()).toHaveLength(5);
  });
});
