/** A request as RBAC sees it. */
export type Asked = {
  /** RBAC's: get, list, watch, create, update, patch, delete, deletecollection. */
  verb: string;
  /** `pods`, with a subresource `pods/log`; empty for a path that is no resource's. */
  resource: string;
  /** Empty for the core group. */
  group: string;
  namespace: string;
  name: string;
  path: string;
  /** Whose token it had; empty for none that is known. */
  user: string;
  /** Whether nothing is to be kept: `dryRun=All`. */
  dryRun: boolean;
};

export type GateEffect =
  /** The connection breaks before anything took effect. */
  | { do: "break before" }
  /** It takes effect, then the connection breaks. */
  | { do: "lose reply" }
  /** Goes on after `ms` milliseconds. */
  | { do: "delay"; ms: number }
  /** An error reply and no effect. */
  | { do: "status"; status: number; reason?: string; message?: string; retryAfter?: number }
  /** Waits before it takes effect, until it is released. */
  | { do: "hold" }
  /** It takes effect; its reply waits until it is released. */
  | { do: "hold reply" };

export type GateFault = GateEffect & {
  match?: Partial<Omit<Asked, "path" | "dryRun">> & { path?: RegExp };
  /** The first matching request that it hits, counted from 1 on when the fault was set. */
  nth?: number;
  /** How many requests it hits from there on; 1 by default. */
  times?: number;
};

export type SetGateFault = {
  /** How many requests it has hit. */
  readonly hits: number;
  remove(): void;
  /** Lets go what it holds, and holds nothing more. */
  release(): void;
};

export type Struck = { effect: GateEffect; released: Promise<void> };

/** The faults that are set, each with its own count of matching requests. */
export class GateFaults {
  #set: Armed[] = [];

  add(fault: GateFault): SetGateFault {
    const armed = new Armed(fault);
    this.#set.push(armed);
    const remove = () => {
      this.#set = this.#set.filter((it) => it !== armed);
    };
    const release = () => {
      remove();
      armed.release();
    };
    return {
      get hits() {
        return armed.hits;
      },
      remove,
      release,
    };
  }

  /** What happens to this request; counts it. */
  strike(asked: Asked): Struck[] {
    return this.#set
      .filter((it) => it.strikes(asked))
      .map(({ fault, released }) => ({ effect: fault, released }));
  }

  /** No faults any more, and nothing that is held. */
  calm(): void {
    for (const armed of this.#set) armed.release();
    this.#set = [];
  }
}

class Armed {
  readonly fault: GateFault;
  readonly released: Promise<void>;
  readonly release: () => void;
  hits = 0;
  #seen = 0;

  constructor(fault: GateFault) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.fault = fault;
    this.released = promise;
    this.release = resolve;
  }

  strikes(asked: Asked): boolean {
    if (!fits(this.fault.match ?? {}, asked)) return false;
    const { nth = 1, times = 1 } = this.fault;
    this.#seen += 1;
    const hit = this.#seen >= nth && this.#seen < nth + times;
    if (hit) this.hits += 1;
    return hit;
  }
}

function fits({ path, ...match }: NonNullable<GateFault["match"]>, asked: Asked): boolean {
  if (path && !path.test(asked.path)) return false;
  return Object.entries(match).every(
    ([name, value]) => value === undefined || asked[name as keyof Asked] === value,
  );
}

/** What a request asks for, by its method and URL. */
export function readAsked(method: string, url: string, user: string): Asked {
  const { pathname: path, searchParams } = new URL(url, "https://cluster");
  const [, prefix, ...parts] = path.split("/").map(decodeURIComponent);
  const group = prefix === "apis" ? (parts.shift() ?? "") : "";
  const known = (prefix === "api" || prefix === "apis") && parts.shift() !== undefined;
  // The path of a namespace itself has nothing after its name.
  const namespace = known && parts[0] === "namespaces" && parts.length > 2 ? parts[1] : undefined;
  const [resource = "", name = "", ...sub] = namespace === undefined ? parts : parts.slice(2);
  const watches = ["true", "1"].includes(searchParams.get("watch") ?? "");
  return {
    verb: verbOf(method, name !== "", watches),
    resource: known ? [resource, ...sub].filter(Boolean).join("/") : "",
    group,
    namespace: namespace ?? "",
    name: known ? name : "",
    path,
    user,
    dryRun: searchParams.has("dryRun"),
  };
}

function verbOf(method: string, one: boolean, watches: boolean): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return one ? "delete" : "deletecollection";
    default:
      return watches ? "watch" : one ? "get" : "list";
  }
}
