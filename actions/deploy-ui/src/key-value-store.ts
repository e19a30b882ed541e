// SigV4A, which the store's requests are signed with, registers itself.
import "@aws-sdk/signature-v4a";
import {
  CloudFrontKeyValueStoreClient,
  type CloudFrontKeyValueStoreClientConfig,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
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

/** What the store said: its state, and the text that says what is live, if there is one. */
export type Look = { etag: string; text: string | undefined };

/** The one value that makes a release live. */
export type KeyValueStore = {
  read(): Promise<Look>;
  /** Writes the value if the store is as it was; its new state, or undefined when it is not. */
  write(text: string, etag: string): Promise<string | undefined>;
};

const SERVICE = "cloudfront-keyvaluestore";

type Inputs = { session: Session; store: string; context: Context };

/** Throws `store-missing`, and what every call of AWS may throw. */
export function openKeyValueStore({ session, store, context }: Inputs): KeyValueStore {
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
  const liveValue = async () => {
    try {
      const command = new GetKeyCommand({ KvsARN: store, Key: LIVE });
      return (await client.send(command, options)).Value;
    } catch (error) {
      // The store was there a moment ago, so it is the key that is not.
      if (codeOf(error) === "ResourceNotFoundException") return undefined;
      throw error;
    }
  };

  return {
    read: async () => {
      const asked = new DescribeKeyValueStoreCommand({ KvsARN: store });
      const { ETag = "" } = await ask("DescribeKeyValueStore", () => client.send(asked, options));
      return { etag: ETag, text: await ask("GetKey", liveValue) };
    },
    write: async (text, etag) => {
      const command = new PutKeyCommand({ KvsARN: store, Key: LIVE, Value: text, IfMatch: etag });
      return ask("PutKey", async () => {
        try {
          return (await client.send(command)).ETag ?? "";
        } catch (error) {
          if (isConflict(error)) return undefined;
          throw error;
        }
      });
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
