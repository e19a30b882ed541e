// SigV4A, which the store's requests are signed with, registers itself.
import "@aws-sdk/signature-v4a";
import {
  CloudFrontKeyValueStoreClient,
  type CloudFrontKeyValueStoreClientConfig,
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { ActionError, type Context, reason } from "@playbook/action";
import {
  clientSettings,
  codeOf,
  explain,
  insist,
  ownEndpoint,
  type Session,
  statusOf,
} from "@playbook/aws";
import { LIVE } from "./live.ts";

/** What the store said: its state, and the text under a key, if there is one. */
export type Look = { etag: string; text: string | undefined };

/**
 * Keys and values that the edge reads. A change takes effect if nothing has changed since a look.
 */
export type Keys = {
  look(key: string): Promise<Look>;
  /** The store's new state; undefined when it is not as it was, and nothing was written. */
  put(key: string, text: string, etag: string): Promise<string | undefined>;
  /** False when the store is not as it was. A key that is gone already is gone. */
  remove(key: string, etag: string): Promise<boolean>;
  list(): Promise<string[]>;
};

/** The one value that makes a release live. */
export type KeyValueStore = {
  read(): Promise<Look>;
  /** Writes the value if the store is as it was; its new state, or undefined when it is not. */
  write(text: string, etag: string): Promise<string | undefined>;
};

const SERVICE = "cloudfront-keyvaluestore";

/** The most that the store tells at once. */
const PAGE = 50;

type Inputs = { session: Session; store: string; context: Context };

/** Throws `store-missing`, and what every call of AWS may throw. */
export function openKeyValueStore(inputs: Inputs): KeyValueStore {
  const keys = openKeys(inputs);
  return {
    read: () => keys.look(LIVE),
    write: (text, etag) => keys.put(LIVE, text, etag),
  };
}

/** Throws `store-missing`, and what every call of AWS may throw. */
export function openKeys({ session, store, context }: Inputs): Keys {
  const client = new CloudFrontKeyValueStoreClient({
    ...clientSettings({
      service: SERVICE,
      region: session.region,
      maxAttempts: 1,
    }),
    credentials: session.credentials,
    ...ownHost(),
  });
  const options = { abortSignal: context.signal };
  const ask = async <Result>(name: string, work: () => Promise<Result>) => {
    try {
      return await insist(work, { session, context });
    } catch (error) {
      throw explainStore(error, store, `${SERVICE}:${name}`);
    }
  };
  /** A change has no signal: what is begun when a run is told to end is brought to its end. */
  const change = <Result>(name: string, work: () => Promise<Result>) =>
    ask(name, async () => {
      try {
        return await work();
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    });
  const textUnder = async (key: string) => {
    try {
      const command = new GetKeyCommand({ KvsARN: store, Key: key });
      return (await client.send(command, options)).Value;
    } catch (error) {
      // The store was there a moment ago, so it is the key that is not.
      if (codeOf(error) === "ResourceNotFoundException") return undefined;
      throw error;
    }
  };
  const page = (from: string | undefined) => {
    const asked = { KvsARN: store, MaxResults: PAGE, ...(from && { NextToken: from }) };
    return ask("ListKeys", () => client.send(new ListKeysCommand(asked), options));
  };

  return {
    look: async (key) => {
      const asked = new DescribeKeyValueStoreCommand({ KvsARN: store });
      const { ETag = "" } = await ask("DescribeKeyValueStore", () => client.send(asked, options));
      return { etag: ETag, text: await ask("GetKey", () => textUnder(key)) };
    },
    put: (key, text, etag) => {
      const command = new PutKeyCommand({ KvsARN: store, Key: key, Value: text, IfMatch: etag });
      return change("PutKey", async () => (await client.send(command)).ETag ?? "");
    },
    remove: async (key, etag) => {
      const command = new DeleteKeyCommand({ KvsARN: store, Key: key, IfMatch: etag });
      const removed = await change("DeleteKey", async () => {
        try {
          await client.send(command);
        } catch (error) {
          if (codeOf(error) !== "ResourceNotFoundException") throw error;
        }
        return true;
      });
      return removed ?? false;
    },
    list: async () => {
      const names: string[] = [];
      for (let from: string | undefined, isFirst = true; isFirst || from; isFirst = false) {
        const { Items = [], NextToken } = await page(from);
        names.push(...Items.flatMap(({ Key }) => Key ?? []));
        from = NextToken;
      }
      return names;
    },
  };
}

function isConflict(error: unknown): boolean {
  const { message = "" } = error as { message?: string };
  return (
    codeOf(error) === "ConflictException" ||
    statusOf(error) === 412 ||
    (codeOf(error) === "ValidationException" && /pre-?condition|etag/i.test(message))
  );
}

/** The client would put the account's number before the host of another service. */
function ownHost(): Pick<CloudFrontKeyValueStoreClientConfig, "endpointProvider"> {
  const own = ownEndpoint(SERVICE);
  if (own === undefined) return {};
  const scheme = { name: "sigv4a", signingName: SERVICE, signingRegion: "*", properties: {} };
  const authSchemes = [{ ...scheme, signingRegionSet: ["*"] }];
  return { endpointProvider: () => ({ url: new URL(own), properties: { authSchemes } }) };
}

function explainStore(error: unknown, store: string, permission: string): unknown {
  if (codeOf(error) !== "ResourceNotFoundException") return explain(error, permission, store);
  return new ActionError(
    "store-missing",
    {
      what: `There is no KeyValueStore ${store}.`,
      why: reason(error),
      next: "Give the output `KeyValueStore` of the site's stack as `key-value-store`.",
    },
    { cause: error },
  );
}
