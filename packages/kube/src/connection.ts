import type { Tls } from "@playbook/action";

/** What proves to the API server who is asking. */
export type Credential = { token?: string; certificate?: { cert: string; key: string } };

/** A way into a cluster that renews itself for as long as it is used. */
export type Connection = {
  /** The cluster as a person calls it. */
  readonly cluster: string;
  /** The API server's address, without a slash at its end. */
  readonly server: string;
  /** In PEM. Without it, what this machine trusts. */
  readonly ca?: string;
  readonly tlsServerName?: string;
  /** What a kubeconfig asks for when it says `insecure-skip-tls-verify`. */
  readonly insecure?: boolean;
  /** A proxy that the kubeconfig names, in the place of the environment's. */
  readonly proxy?: string;
  /** What a kubeconfig's context names. */
  readonly namespace?: string;
  /** What to do when nobody is known by these credentials. */
  readonly unknownRemedy: string;
  /** Fit to be used now and for at least a minute. */
  credential(): Promise<Credential>;
  /** Forgets a credential that the API server did not take. */
  renew(refused: Credential): void;
};

/** How to speak to the API server, without saying who one is. */
export function tlsOf({ ca, tlsServerName, insecure }: Connection): Tls {
  return {
    ...(ca && { ca }),
    ...(tlsServerName && { servername: tlsServerName }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}

const known = new WeakSet<Connection>();

/** Notes by an API server's answer that it knows who comes by this connection. */
export function noteAnswer(connection: Connection, status: number): void {
  if (status < 500 && status !== 401) known.add(connection);
}

/** Whether an API server has known before who comes by it: that it does not know now may pass. */
export function wasKnown(connection: Connection): boolean {
  return known.has(connection);
}
