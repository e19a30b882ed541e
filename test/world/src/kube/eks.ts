import type { Aws } from "../aws/aws.ts";
import { type AccessEntry, userOf } from "../eks/eks.ts";
import { askWho, readToken, TokenRefused } from "../eks/token.ts";
import type { Tokens, User } from "./tokens.ts";

export type EksOptions = {
  aws: Aws;
  /** The account's name for the cluster. */
  name: string;
  entries?: AccessEntry[];
};

type Cluster = { url: string; ca: string; tokens: Tokens };

/** Makes a cluster one of an account's: its roles come in with tokens that they sign. */
export function joinAccount(options: EksOptions, { url, ca, tokens }: Cluster): Disposable {
  const { aws, name, entries = [] } = options;
  const known = aws.addCluster({ name, endpoint: url, certificateAuthority: ca });
  for (const entry of entries) aws.grantAccess(name, entry);

  tokens.addReader(async (token): Promise<User | undefined> => {
    try {
      const request = readToken(token, Date.now());
      const caller = await askWho(request, name, aws.url);
      return userOf(caller, known.entries.values());
    } catch (error) {
      if (error instanceof TokenRefused) return undefined;
      throw error;
    }
  });
  return { [Symbol.dispose]: () => aws.removeCluster(name) };
}
