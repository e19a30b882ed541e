import { callData, type Outputs, outputsOf } from "./call.ts";
import type { Block, BlockPointer, ChainClient, Log, Transaction } from "./chain-client.ts";
import { pointerTo } from "./chain-store.ts";
import { addChanges, type Changes, change, changeOf, entityAt } from "./entities.ts";
import type { Manifest, Source } from "./manifest.ts";
import { refersTo } from "./related.ts";
import type { CreatedSource, Deployment } from "./state.ts";
import type { Entity } from "./value.ts";
import { putEvent } from "./wasm/event.ts";
import { type ContractCall, type Host, MappingFailure } from "./wasm/host.ts";
import { runHandler } from "./wasm/mapping.ts";

/** A watched contract: written in the manifest, or found by a mapping. */
export type Watched = { source: Source; address: string; startBlock: number };

/** A mapping failed in a way in which it would fail again. */
export class HandlerFailure extends Error {}

/** What a mapping asks the chain is asked outside of it; then its handler runs again. */
class CallWanted extends Error {}

export function watchedBy({ sources, templates }: Manifest, created: CreatedSource[]): Watched[] {
  const written = sources.flatMap((source) =>
    source.address ? [{ source, address: source.address, startBlock: source.startBlock }] : [],
  );
  const found = created.map(({ template, address, block }) => ({
    source: templates.get(template) as Source,
    address,
    startBlock: block,
  }));
  return [...written, ...found];
}

/** The logs that some handler wants, in their order. */
export async function triggersOf(
  chain: ChainClient,
  watched: Watched[],
  from: number,
  to: number,
): Promise<Log[]> {
  const addresses = [...new Set(watched.map(({ address }) => address))];
  if (addresses.length === 0) return [];
  return wanted(await chain.logs(addresses, from, to), watched);
}

function wanted(logs: Log[], watched: Watched[]): Log[] {
  return logs.filter((log) => watched.some((each) => handlerFor(each, log)));
}

function handlerFor({ source, address, startBlock }: Watched, log: Log): string | undefined {
  if (log.address.toLowerCase() !== address || Number(log.blockNumber) < startBlock) return;
  return source.handlers.find(({ topic }) => topic === log.topics[0])?.handler;
}

/** The handlers' work in one block: what they change and which contracts they find. */
export class BlockWork {
  readonly changes: Changes = new Map();
  readonly created: CreatedSource[] = [];
  readonly pointer: BlockPointer;
  readonly #deployment: Deployment;
  readonly #manifest: Manifest;
  readonly #chain: ChainClient;
  readonly #block: Block;
  /** All of the block, where it comes from the cache. */
  readonly #logs: Log[] | undefined;
  readonly #answers = new Map<string, string | undefined>();

  constructor(
    deployment: Deployment,
    manifest: Manifest,
    chain: ChainClient,
    block: Block & { logs?: Log[] },
  ) {
    this.#deployment = deployment;
    this.#manifest = manifest;
    this.#chain = chain;
    this.#block = block;
    this.#logs = block.logs;
    this.pointer = pointerTo(block);
  }

  /** What a contract that is found here did in this block is work too. */
  async run(): Promise<void> {
    let watched = watchedBy(this.#manifest, this.#deployment.created);
    while (watched.length > 0) {
      const known = this.created.length;
      for (const log of await this.#triggers(watched)) {
        for (const each of watched) await this.#handle(each, log);
      }
      watched = watchedBy({ ...this.#manifest, sources: [] }, this.created.slice(known));
    }
  }

  async #triggers(watched: Watched[]): Promise<Log[]> {
    const { number } = this.pointer;
    if (!this.#logs) return triggersOf(this.#chain, watched, number, number);
    return wanted(this.#logs, watched);
  }

  async #handle(watched: Watched, log: Log): Promise<void> {
    const handler = handlerFor(watched, log);
    const decoded = decode(watched.source, log);
    if (!handler || !decoded) return;

    const block = this.#block;
    const transaction = block.transactions.find(
      ({ hash }) => hash === log.transactionHash,
    ) as Transaction;
    const { module } = watched.source;
    for (;;) {
      const changes: Changes = new Map();
      const created: CreatedSource[] = [];
      const host = this.#host(watched, changes, created);
      try {
        runHandler(module, handler, host, (heap) =>
          putEvent(heap, { log, decoded, block, transaction }),
        );
        addChanges(this.changes, changes);
        this.created.push(...created);
        return;
      } catch (error) {
        if (error instanceof CallWanted) await this.#ask(error.message);
        else throw failureIn(handler, log, error as Error);
      }
    }
  }

  async #ask(key: string): Promise<void> {
    const [to = "", data = ""] = key.split(" ");
    this.#answers.set(key, await this.#chain.call(to, data, this.pointer));
  }

  #host({ source, address }: Watched, changes: Changes, created: CreatedSource[]): Host {
    const { number: block } = this.pointer;
    const { network, templates } = this.#manifest;
    const inBlock = (type: string, id: string) =>
      changeOf(changes, type, id) ?? changeOf(this.changes, type, id);
    const get = (type: string, id: string) => {
      const changed = inBlock(type, id);
      return changed ? changed.to : entityAt(this.#deployment.entities, type, id, block);
    };
    return {
      source: { address, network },
      log: () => {},
      get,
      getInBlock: (type, id) => inBlock(type, id)?.to,
      related: (type, id, field) => this.#related(changes, type, id, field),
      set: (type, id, entity) => {
        change(changes, type, id, this.#checked(type, id, { ...get(type, id), ...entity }));
      },
      remove: (type, id) => change(changes, type, id, undefined),
      call: (call) => this.#call(source, call),
      createSource: (template, [found = ""]) => {
        if (!templates.has(template)) throw new MappingFailure(`no template named ${template}`);
        created.push({ template, address: found.toLowerCase(), block });
      },
    };
  }

  #related(changes: Changes, type: string, id: string, field: string): Entity[] {
    const together: Changes = new Map();
    addChanges(together, this.changes);
    addChanges(together, changes);
    const { entities } = this.#deployment;
    const { schema } = this.#manifest;
    return refersTo(
      { entities, schema, block: this.pointer.number },
      { type, id, field },
      together,
    );
  }

  #checked(type: string, id: string, entity: Entity): Entity {
    const known = this.#manifest.schema.types.get(type);
    if (!known) throw new MappingFailure(`there is no entity type ${type}`);
    const set = Object.entries(entity).filter(([, { kind }]) => kind !== "null");
    const kept = Object.fromEntries(set);
    const missing = known.fields.find(
      ({ name, isRequired, derivedFrom }) => isRequired && !derivedFrom && !kept[name],
    );
    if (!missing) return kept;
    const what = `missing value for non-nullable field \`${missing.name}\``;
    throw new MappingFailure(`Entity ${type}[${id}]: ${what}`);
  }

  #call(source: Source, call: ContractCall): Outputs | undefined {
    const { fragment, abi, data } = callData(source, call);
    const key = `${call.address} ${data}`;
    if (!this.#answers.has(key)) throw new CallWanted(key);
    return outputsOf(abi, fragment, this.#answers.get(key));
  }
}

/** A log that is not what the ABI says is nobody's event. */
function decode(source: Source, { topics, data }: Log) {
  try {
    return source.abi.parseLog({ topics, data });
  } catch {
    return null;
  }
}

function failureIn(handler: string, { transactionHash }: Log, error: Error): Error {
  if (!(error instanceof MappingFailure)) return error;
  const where = `transaction ${transactionHash.slice(2)}`;
  return new HandlerFailure(`${where}: ${error.message} in handler \`${handler}\``);
}
