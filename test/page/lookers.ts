import { crawl, type SlowLoad, startSlowLoad } from "./loads.ts";
import type { Site, Stand } from "./stand.ts";
import { judge, type Verdict } from "./wholeness.ts";

/** Those who look at a site while something happens to it, one load after the other. */
export class Lookers {
  /** What was wrong with what they saw, and when. */
  readonly faults: string[] = [];
  loads = 0;
  wrong = 0;
  readonly #stand: Stand;
  readonly #site: Site;
  readonly #allowed: string[];
  #slow: SlowLoad | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** `allowed` are the releases that the site may show. */
  constructor(stand: Stand, site: Site, allowed: string[]) {
    this.#stand = stand;
    this.#site = site;
    this.#allowed = allowed;
  }

  /** The browser's page that was opened at the last look gets its rest, and a new one is opened. */
  look(when: string): Promise<void> {
    this.#turn = this.#turn.then(() => this.#look(when));
    return this.#turn;
  }

  /** The last look: from now on it has to be this release. */
  async end(when: string, release: string): Promise<void> {
    await this.look(when);
    this.#allowed.splice(0, Infinity, release);
    await this.#finish(when);
    await this.look(when);
    await this.#finish(when);
  }

  async #look(when: string): Promise<void> {
    const { browser, releases } = this.#stand;
    await this.#finish(when);
    this.#note(`${when}, without a browser`, judge(await crawl(this.#site.url), releases));
    this.#slow = await startSlowLoad(browser, this.#site.address);
  }

  async #finish(when: string): Promise<void> {
    if (!this.#slow) return;
    await using load = this.#slow;
    this.#slow = undefined;
    this.#note(when, judge(await load.finish(), this.#stand.releases));
  }

  #note(when: string, { release = "nothing", faults }: Verdict): void {
    this.loads += 1;
    const found = this.#allowed.includes(release) ? faults : [`it shows ${release}`, ...faults];
    if (found.length > 0) this.wrong += 1;
    this.faults.push(...found.map((fault) => `${when}: ${fault}`));
  }
}
