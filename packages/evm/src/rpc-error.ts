/** The node's own words about a call that it understood and refused. */
export class RpcError extends Error {
  override readonly name: string = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const SHOWN = 80;

/** What a node said that is no answer to what it was asked, such as nothing of a contract. */
export class NoAnswer extends RpcError {
  override readonly name = "NoAnswer";

  constructor(asked: string, said: unknown) {
    const text = JSON.stringify(said ?? null);
    const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    super(0, `Asked for ${asked}, it says ${shown}, which is no answer.`);
  }
}

/** For what a node may refuse to say; throws anything else. */
export function unlessRefused(error: unknown): undefined {
  if (!(error instanceof RpcError)) throw error;
}

/** No answer of any use came. Names the host only: the rest of a URL is often a secret. */
export class RpcUnreachable extends Error {
  override readonly name = "RpcUnreachable";
}
