import { parse } from "yaml";
import type { Manifest } from "../manifest.ts";
import type { Source } from "../pods/mounts.ts";

/** A file of an object, or of a store; the entry is null for whichever of them it is. */
export type Part = Pick<Source, "kind" | "name" | "entry"> & {
  store?: string;
  /** Whether of that store no more is known than its name: it may be any other. */
  isByName?: boolean;
};

/** What an object fetches from a store: a file of it, or all that there is. */
type Fetched = { file: string | null; from: Part };

type Record_ = Record<string, unknown>;

/**
 * Where the files of Secrets and of the Secrets Store driver come from, as far as the chart renders
 * what fetches them. Two objects that fetch one and the same have one content.
 */
export class Stores {
  readonly #fetched = new Map<string, Fetched[]>();

  constructor(manifests: readonly Manifest[]) {
    for (const object of manifests) {
      if (object.kind === "ExternalSecret") this.#external(object, manifests);
      if (object.kind === "SecretProviderClass") this.#driver(object);
    }
  }

  /** What is in the store in the place of a file of the cluster; itself where that is not seen. */
  originsOf(part: Part): Part[] {
    const all = this.#fetched.get(`${part.kind} ${part.name}`) ?? [];
    const exact = all.filter(({ file }) => file === part.entry);
    const found = part.entry === null || exact.length > 0 ? exact : all.filter(isWhole);
    const chosen = part.entry === null ? all : found;
    if (chosen.length === 0) return [part];
    return chosen.map(({ file, from }) => (file === null ? { ...from, entry: part.entry } : from));
  }

  /** The files that an object has, where all of them are known. */
  filesOf({ kind, name }: Pick<Part, "kind" | "name">): string[] | undefined {
    const files = this.#fetched.get(`${kind} ${name}`)?.map(({ file }) => file);
    return files?.every((file) => file !== null) ? files : undefined;
  }

  #external({ metadata, spec }: Manifest, manifests: readonly Manifest[]): void {
    const { target, data, dataFrom, secretStoreRef } = record(spec);
    const stored = storeOf(record(secretStoreRef), manifests);
    const name = textOf(record(target).name) ?? metadata.name;
    const files = records(data).map(({ secretKey, remoteRef }): Fetched => {
      const { key, property } = record(remoteRef);
      return { file: textOf(secretKey) ?? "", from: stored(key, property) };
    });
    const wholes = records(dataFrom).flatMap(({ extract, find }): Fetched[] => {
      const { key } = record(extract);
      if (key !== undefined) return [{ file: null, from: stored(key, null) }];
      return find ? [{ file: null, from: stored(JSON.stringify(find), null) }] : [];
    });
    this.#add(`Secret ${name}`, [...files, ...wholes]);
  }

  #driver({ metadata, spec }: Manifest): void {
    const { provider, parameters, secretObjects } = record(spec);
    const given = record(parameters);
    const store = [provider, given.region, given.keyvaultName].filter(Boolean).join(" ");
    const stored = storedIn({ store });
    const files = listed(given.objects ?? given.secrets).flatMap((one) => filesOf(one, stored));
    this.#add(`SecretProviderClass ${metadata.name}`, files);
    for (const { secretName, data } of records(secretObjects)) {
      const synced = records(data).flatMap(({ key, objectName }) =>
        files
          .filter(({ file }) => file === objectName)
          .map(({ from }) => ({ file: textOf(key) ?? "", from })),
      );
      this.#add(`Secret ${textOf(secretName)}`, synced);
    }
  }

  #add(object: string, fetched: readonly Fetched[]): void {
    this.#fetched.set(object, [...(this.#fetched.get(object) ?? []), ...fetched]);
  }
}

function isWhole({ file }: Fetched): boolean {
  return file === null;
}

type Stored = (key: unknown, property: unknown) => Part;

function storedIn(place: Pick<Part, "store" | "isByName">): Stored {
  return (key, property) => {
    const entry = property === null ? null : (textOf(property) ?? "");
    return { kind: "stored secret", name: textOf(key) ?? "", entry, ...place };
  };
}

/** The files that one object of the driver becomes: itself, or parts of it. */
function filesOf(object: Record_, stored: Stored): Fetched[] {
  const { objectName, objectAlias, jmesPath, resourceName, fileName, path } = object;
  const { secretPath, secretKey } = object;
  const name = secretPath ?? resourceName ?? objectName;
  const parts = records(jmesPath).map(({ path: part, objectAlias: alias }) => ({
    ...{ file: textOf(alias) ?? "", from: stored(name, part) },
  }));
  const file = textOf(objectAlias ?? fileName ?? path ?? objectName) ?? "";
  return [{ file, from: stored(name, secretKey) }, ...parts];
}

/** The store itself, whoever may read what of it; its name where it is not rendered. */
function storeOf({ kind = "SecretStore", name }: Record_, manifests: readonly Manifest[]): Stored {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  const { provider } = record(found?.spec);
  if (provider) return storedIn({ store: JSON.stringify(provider, withoutRights) });
  return storedIn({ store: `${kind} ${textOf(name)}`, isByName: true });
}

function withoutRights(key: string, value: unknown): unknown {
  return /^(?:auth|role)$/.test(key) ? undefined : value;
}

/** What is written as a text of YAML, of which one provider nests another. */
function listed(written: unknown): Record_[] {
  const found = parsed(written);
  const list = Array.isArray(found) ? found : record(found).array;
  return records(Array.isArray(list) ? list.map(parsed) : []);
}

function parsed(written: unknown): unknown {
  if (typeof written !== "string") return written;
  try {
    return parse(written);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record_ {
  return typeof value === "object" && value !== null ? (value as Record_) : {};
}

function records(value: unknown): Record_[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : `${value}`;
}
