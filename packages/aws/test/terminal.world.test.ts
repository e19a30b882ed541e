import { openKey, openSession } from "../src/index.ts";
import { type Account, expectNoSecrets, openAccount, thrownBy, witness } from "./account.ts";

let account: Account;

beforeAll(async () => {
  account = await openAccount();
});
beforeEach(() => account.aws.clearCalls());
afterAll(() => account?.world[Symbol.asyncDispose]());

describe("from a terminal", () => {
  const variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] as const;
  const signIn = (name: string, Action: string[]) => {
    const { aws } = account;
    const statement = { Effect: "Allow" as const, Action, Resource: "*" };
    const user = aws.createUser(name, [{ Version: "2012-10-17", Statement: statement }]);
    Object.assign(process.env, aws.environment(user));
  };

  beforeEach(() => {
    process.env.HOME = account.world.dir;
    for (const name of variables) delete process.env[name];
  });

  test("the default credentials assume the role, narrowed by the same policy", async () => {
    signIn("ada", ["sts:AssumeRole"]);
    const context = witness();
    const narrow = { ...account.policy, Statement: account.policy.Statement.slice(1) };

    const session = await openSession(account.inputs(context, { policy: narrow }), {});

    const opening = openKey({ session, key: account.key, context });
    await expect(opening).rejects.toMatchObject({
      code: "access-denied",
      why: expect.stringContaining("no session policy"),
    });
  });

  test("without a role they are used as they are", async () => {
    signIn("bob", ["kms:*"]);
    const context = witness();

    const session = await openSession(account.inputs(context, { role: undefined }), {});
    const key = await openKey({ session, key: account.key, context });

    await expect(key.sign(Buffer.alloc(32, 1))).resolves.toBeDefined();
    expect(account.aws.calls().at(-1)?.principal).toContain("user/bob");
    expect(account.count("AssumeRole")).toBe(0);
  });

  test("who may not assume the role is told to leave it away", async () => {
    signIn("eve", ["kms:*"]);
    const context = witness();

    const error = await thrownBy(openSession(account.inputs(context), {}));

    expect(error).toMatchObject({
      code: "role-refused",
      next: expect.stringContaining("leave `role` empty"),
    });
    expectNoSecrets(context, error);
  });

  test.each([true, false])(
    "without credentials (role given: %p) nothing is waited for",
    async (withRole) => {
      const context = witness();
      const role = withRole ? account.role : undefined;

      const opening = openSession(account.inputs(context, { role }), {}).then((session) =>
        openKey({ session, key: account.key, context }),
      );

      await expect(opening).rejects.toMatchObject({
        code: "no-credentials",
        next: expect.stringContaining("aws sso login"),
      });
    },
  );

  test("with keys that nobody holds says that they are no good", async () => {
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-secret",
    });
    const context = witness();

    const error = await thrownBy(openSession(account.inputs(context), {}));

    expect(error).toMatchObject({ code: "no-credentials" });
    expectNoSecrets(context, error);
  });
});
