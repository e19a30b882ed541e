import { fileURLToPath } from "node:url";
import type { JSONWebKeySet } from "jose";
import { type Edge, EdgeNetwork } from "../edge/edge.ts";
import type { AccessEntry, EksCluster } from "../eks/eks.ts";
import type { Issuer } from "../issuer.ts";
import type { Trace } from "../runner/traces.ts";
import type { Secret } from "../secret.ts";
import { Account, type Role } from "./account.ts";
import { Authority } from "./authority.ts";
import { startFast } from "./fast.ts";
import { type Fault, Faults, type SetFault } from "./faults.ts";
import "./localhost.cjs";
import { type Cloud, startGateway } from "./gateway.ts";
import { alternatingS } from "./high-s.ts";
import { type CallListener, type CallRecord, Journal } from "./journal.ts";
import { type Credentials, Keyring } from "./keyring.ts";
import { Limits } from "./limits.ts";
import { startMoto } from "./moto.ts";
import type { PolicyDocument } from "./policy.ts";
import { type SessionOptions, Sessions } from "./sessions.ts";
import {
  type BucketOptions,
  type ClientConfig,
  type KeyOptions,
  type MadeKey,
  Setup,
} from "./setup.ts";
import { deployStack, type Stack } from "./template/stack.ts";
import { Turns } from "./turns.ts";
import type { KeysOf } from "./web-identity.ts";

const ACCOUNT = "123456789012";

const localhost = fileURLToPath(new URL("./localhost.cjs", import.meta.url));

export type AwsOptions = {
  /** Where the backend `fast` keeps its objects; moto keeps them in memory. */
  dir?: string;
  /** Whose tokens open sessions, once the account has an OIDC provider of that name. */
  issuer?: Pick<Issuer, "name" | "url">;
  /** `moto` behaves as AWS does, `fast` is for benchmarks and has no versions of objects. */
  backend?: "moto" | "fast";
  region?: string;
  /** Off for benchmarks: nobody is denied anything, signatures are still checked. */
  evaluate?: boolean;
};

export type Aws = AsyncDisposable & {
  /** The only endpoint, for `AWS_ENDPOINT_URL`. */
  readonly url: string;
  readonly region: string;
  readonly accountId: string;
  /** The account's root: may do everything. For setting up, never for what is tested. */
  readonly admin: Credentials;
  /** For the constructor of any client of the SDK; the administrator's when nobody is named. */
  clientConfig(credentials?: Credentials): ClientConfig;
  /**
   * For the constructor of a client of CloudFront's key-value stores, which has an own endpoint.
   */
  storeConfig(credentials?: Credentials): ClientConfig;
  /** For a child process. Without credentials it has none: the job's token is its way in. */
  environment(credentials?: Credentials): Record<string, string>;

  createKey(options?: KeyOptions): Promise<MadeKey>;
  /** The account on an EVM chain that a key signs for. */
  addressOf(key: string): Promise<string>;
  createBucket(name: string, options?: BucketOptions): Promise<void>;
  /** Makes empty objects past the gateway, where requests would take minutes. With moto only. */
  fill(bucket: string, keys: string[]): Promise<void>;
  /** A user with keys that last, as on a person's own machine. */
  createUser(name: string, policies: PolicyDocument[]): Credentials;
  /** Makes what a CloudFormation template says; the same name again changes the stack. */
  deployTemplate(text: string, parameters?: Record<string, string>, name?: string): Promise<Stack>;
  readonly roles: readonly Role[];
  /** A session of a role, past its trust policy. */
  openSession(roleArn: string, options?: SessionOptions & { name?: string }): Credentials;
  /** Takes an action from everything the role is granted, until it is restored. */
  withoutPermission(roleArn: string, action: string): Disposable & { restore(): void };
  /** Every session that is open now has expired. */
  expireSessions(): void;
  /**
   * All credentials that were given out, those that have expired too, and all that is kept secret.
   */
  secrets(): Secret[];
  /** Takes tokens of another issuer, too, once the account has an OIDC provider of that name. */
  trustIssuer(name: string, keys: JSONWebKeySet): void;
  /** Every object of every bucket. */
  objects(): Promise<Trace[]>;

  /** Gives the account a cluster of EKS, which runs elsewhere. */
  addCluster(cluster: Pick<EksCluster, "name" | "endpoint" | "certificateAuthority">): EksCluster;
  removeCluster(name: string): void;
  /** Lets a principal into a cluster; an entry that it has is replaced. */
  grantAccess(cluster: string, entry: AccessEntry): void;
  revokeAccess(cluster: string, principal: string): void;

  /** CloudFront, as those who look at a site meet it: what templates made of it. */
  readonly edge: Edge;

  /** What was asked for since the start or the last `clearCalls`, in the order of the replies. */
  calls(): readonly CallRecord[];
  clearCalls(): void;
  /**
   * Called, and awaited, before each call takes effect and again before its reply. Returns what
   * ends it.
   */
  onCall(listener: CallListener): () => void;
  fault(fault: Fault): SetFault;
  /** Calls a second that a service takes; without a number, any. */
  limit(service: string, perSecond?: number): void;
  /** Milliseconds that every call waits before it is looked at. */
  delay(ms: number): void;
  stop(): Promise<void>;
};

/** An AWS account behind one endpoint that decides as AWS does: see test/world/README.md. */
export async function startAws(options: AwsOptions = {}): Promise<Aws> {
  const { region = "us-east-1", backend: kind = "moto", evaluate = true } = options;
  const account = new Account(ACCOUNT, region);
  const backend =
    kind === "moto" ? await startMoto(account) : await startFast(folder(options), account);
  const keyring = new Keyring();
  const cloud: Cloud = {
    account,
    keyring,
    backend,
    authority: new Authority(account),
    sessions: new Sessions(account, keyring, keysOf(options.issuer, account.issuerKeys)),
    faults: new Faults(),
    limits: new Limits(),
    journal: new Journal(),
    turns: new Turns(),
    colour: alternatingS(),
    settings: { delayMs: 0, evaluate },
  };
  const gateway = await startGateway(cloud);
  const root = { kind: "root", arn: account.rootArn, userId: account.id } as const;
  return handle(cloud, gateway, keyring.issue(root));
}

function folder({ dir }: AwsOptions): string {
  if (dir === undefined) throw new Error("The fast backend keeps its objects in `dir`: give one.");
  return dir;
}

type Gateway = { url: string; stop(): Promise<void> };

/** A host name, before which the SDK can put the account's id. */
function storeUrl(url: string): string {
  return url.replace("127.0.0.1", "localhost");
}

function handle(cloud: Cloud, gateway: Gateway, admin: Credentials): Aws {
  const { account, keyring, journal, faults, limits, settings, backend } = cloud;
  const { url } = gateway;
  const { region } = account;
  const clientConfig = (credentials = admin) => ({ endpoint: url, region, credentials });
  const setup = new Setup(clientConfig());
  const edge = new EdgeNetwork(cloud);
  const stacks = new Map<string, Stack>();
  const stop = async () => {
    setup.close();
    await edge.stop();
    await gateway.stop();
    await backend.stop();
  };
  return {
    url,
    region,
    accountId: account.id,
    admin,
    clientConfig,
    storeConfig: (credentials) => ({ ...clientConfig(credentials), endpoint: storeUrl(url) }),
    environment: (credentials) => environment(url, region, credentials),
    createKey: (options) => setup.makeKey(options),
    addressOf: (key) => setup.addressOf(key),
    createBucket: (name, options = {}) => setup.createBucket(name, options),
    fill: async (bucket, keys) => {
      if (!backend.fill) throw new Error("This backend makes no objects at once.");
      await backend.fill(bucket, keys);
    },
    createUser: (name, policies) => {
      const { arn, id } = account.addUser(name, policies);
      return keyring.issue({ kind: "user", arn, userId: id });
    },
    deployTemplate: async (text, parameters = {}, name = "stack") => {
      const previous = stacks.get(name);
      const stack = await deployStack(text, parameters, { name, account, hands: setup, previous });
      stacks.set(name, stack);
      await edge.open();
      return stack;
    },
    get roles() {
      return [...account.roles.values()];
    },
    openSession: (roleArn, options = {}) => openSession(cloud, roleArn, options),
    withoutPermission: (roleArn, action) => {
      const restore = account.withhold(roleArn, action);
      return { restore, [Symbol.dispose]: restore };
    },
    expireSessions: () => keyring.expireSessions(),
    secrets: () => [...keyring.secrets(), ...account.secrets.leaks()],
    objects: async () => {
      const found = [...account.buckets.keys()].map((bucket) => setup.objectsIn(bucket));
      return (await Promise.all(found)).flat();
    },
    trustIssuer: (name, { keys }) => {
      const known = account.issuerKeys.get(name)?.keys ?? [];
      account.issuerKeys.set(name, { keys: [...known, ...keys] });
    },
    addCluster: (cluster) => {
      const arn = account.arn("eks", `cluster/${cluster.name}`);
      return account.eks.add({ ...cluster, arn, region, version: "1.36" });
    },
    removeCluster: (name) => account.eks.remove(name),
    grantAccess: (name, entry) => void clusterOf(account, name).entries.set(entry.principal, entry),
    revokeAccess: (name, principal) => void clusterOf(account, name).entries.delete(principal),
    edge,
    calls: () => journal.records(),
    clearCalls: () => journal.clear(),
    onCall: (listener) => journal.listen(listener),
    fault: (fault) => faults.add(fault),
    limit: (service, perSecond) => limits.set(service, perSecond),
    delay: (ms) => {
      settings.delayMs = ms;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function clusterOf({ eks }: Account, name: string): EksCluster {
  const cluster = eks.find(name);
  if (!cluster) throw new Error(`The account has no cluster ${name}.`);
  return cluster;
}

function openSession(
  { account, sessions }: Cloud,
  roleArn: string,
  { name = "test", ...options }: SessionOptions & { name?: string },
): Credentials {
  const role = account.roles.get(roleArn);
  if (!role) throw new Error(`The account has no role ${roleArn}.`);
  return sessions.open(role, name, options).credentials;
}

function environment(url: string, region: string, credentials?: Credentials) {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: storeUrl(url),
    NODE_OPTIONS: `--require=${JSON.stringify(localhost)}`,
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    ...(credentials && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    }),
  };
}

/** The issuer's keys, fetched once, as AWS keeps them too. */
function keysOf(issuer: AwsOptions["issuer"], others: ReadonlyMap<string, JSONWebKeySet>): KeysOf {
  let known: JSONWebKeySet | undefined;
  return async (name) => {
    const own = others.get(name);
    if (own) return own;
    if (issuer?.name !== name) throw new Error(`${name} cannot be reached`);
    known ??= await fetchKeys(issuer);
    return known;
  };
}

async function fetchKeys({ name, url }: Pick<Issuer, "name" | "url">): Promise<JSONWebKeySet> {
  const found = await fetch(`${url}/.well-known/openid-configuration`);
  const { jwks_uri } = (await found.json()) as { jwks_uri: string };
  const keys = await fetch(jwks_uri.replace(name, url));
  if (!keys.ok) throw new Error(`${jwks_uri} answers ${keys.status}`);
  return (await keys.json()) as JSONWebKeySet;
}
