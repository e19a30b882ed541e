import { randomUUID } from "node:crypto";
import { ActionError, type Clock } from "@playbook/action";
import { type Manifest, manifestText, readManifest } from "@playbook/site/manifest";
import { type Digest, digestOf, Log, LogLost, type Store } from "@playbook/state";
import { z } from "zod";
import { after, type Event, event, NOTHING, type Site, site } from "./site.ts";

const body = z.object({ event, site });

type Inputs = {
  store: Store;
  /** Which run it is, for whoever reads what it stored. */
  run: string;
  clock: Clock;
};

/** The log of a site's releases, and the lists of their files. */
export class History {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log<z.output<typeof body>>;
  readonly #manifests = new Map<Digest, Promise<Manifest>>();
  #site: Site = NOTHING;

  private constructor({ store, run, clock }: Inputs) {
    this.#store = store;
    this.#clock = clock;
    this.#log = new Log({
      store,
      prefix: "log",
      format: "playbook.site",
      version: 1,
      writer: `${run} (${randomUUID()})`,
      parse: (value) => body.parse(value),
      // Each says how the site is after it.
      isCheckpoint: () => true,
      clock,
    });
  }

  static async open(inputs: Inputs): Promise<History> {
    const history = new History(inputs);
    const entries = await history.#log.read();
    history.#site = entries.at(-1)?.site ?? NOTHING;
    return history;
  }

  /** The site as this run knows it. */
  get site(): Site {
    return this.#site;
  }

  /** The site with what others have written since. */
  async refresh(): Promise<Site> {
    const entries = await this.#log.readOn();
    this.#site = entries.at(-1)?.site ?? this.#site;
    return this.#site;
  }

  /**
   * Writes what follows from the site as it is, decided anew whenever another run was first. False
   * when nothing followed.
   */
  async record(follows: (site: Site, at: number) => Event | undefined): Promise<boolean> {
    for (;;) {
      const happened = follows(this.#site, this.#clock.now());
      if (!happened) return false;
      const next = after(this.#site, happened);
      try {
        await this.#log.append({ event: happened, site: next });
        this.#site = next;
        return true;
      } catch (error) {
        if (!(error instanceof LogLost)) throw error;
        await this.refresh();
      }
    }
  }

  async keep(made: Manifest): Promise<Digest> {
    const text = manifestText(made);
    const digest = digestOf(text);
    await this.#store.create(keyOf(digest), Buffer.from(text));
    this.#manifests.set(digest, Promise.resolve(made));
    return digest;
  }

  manifest(digest: Digest): Promise<Manifest> {
    const known = this.#manifests.get(digest) ?? this.#read(digest);
    this.#manifests.set(digest, known);
    return known;
  }

  async #read(digest: Digest): Promise<Manifest> {
    const bytes = await this.#store.read(keyOf(digest));
    if (bytes && digestOf(bytes) === digest) return readManifest(Buffer.from(bytes).toString());
    throw new ActionError("manifest-torn", {
      what: `The list of files ${this.#store.location}/${keyOf(digest)} cannot be used.`,
      why: bytes ? "It has another digest than the log says." : "It is gone.",
      next: "Restore that object's first version; nothing that is live was changed.",
    });
  }
}

function keyOf(digest: Digest): string {
  return `manifests/${digest.slice("sha256:".length)}.json`;
}
