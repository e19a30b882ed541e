import type { Blobs } from "./blobs.ts";
import { type Backend, type Call, type Reply, refusal } from "./results.ts";

export type StoredArtifact = {
  id: number;
  run: string;
  job: string;
  name: string;
  size: number;
  /** `sha256:` and the hexadecimal digest of the uploaded bytes. */
  digest: string;
  createdAt: string;
  blob: string;
};

type Entry = StoredArtifact & { complete: boolean };

/** Artifacts v4: immutable, named once a run, seen by the jobs of their own run only. */
export class Artifacts {
  readonly #entries: Entry[] = [];
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  list(run?: string): StoredArtifact[] {
    return this.#entries.filter((entry) => entry.complete && (!run || entry.run === run));
  }

  async answer(method: string, { message, backend, signed }: Call): Promise<Reply> {
    if (message.workflow_run_backend_id !== backend.run) {
      return { status: 403, body: refusal("permission_denied", "the token is another run's") };
    }
    const entry = this.#entries.find(
      ({ run, name }) => run === backend.run && name === message.name,
    );

    switch (method) {
      case "CreateArtifact":
        return this.#create(message.name, backend, signed);
      case "ListArtifacts":
        return { body: { artifacts: this.#matching(message, backend).map(described) } };
    }
    if (!entry) return { status: 404, body: refusal("not_found", "artifact not found") };

    switch (method) {
      case "FinalizeArtifact":
        return this.#finalize(entry, message);
      case "GetSignedArtifactURL":
        return { body: { signed_url: signed(entry.blob) } };
      case "DeleteArtifact":
        this.#entries.splice(this.#entries.indexOf(entry), 1);
        return { body: { ok: true, artifact_id: String(entry.id) } };
    }
    return { status: 404, body: refusal("bad_route", `no method ${method}`) };
  }

  #create(name: string, { run, job }: Backend, signed: Call["signed"]): Reply {
    if (this.#entries.some((entry) => entry.run === run && entry.name === name)) {
      const why = "an artifact with this name already exists on the workflow run";
      return { status: 409, body: refusal("already_exists", why) };
    }
    const blob = this.#blobs.create();
    const createdAt = new Date().toISOString();
    const id = ++lastId;
    this.#entries.push({
      id,
      run,
      job,
      name,
      size: 0,
      digest: "",
      createdAt,
      blob,
      complete: false,
    });
    return { body: { ok: true, signed_upload_url: signed(blob) } };
  }

  async #finalize(entry: Entry, message: { size: string; hash?: string }): Promise<Reply> {
    const stored = await this.#blobs.digest(entry.blob);
    const digest = `sha256:${stored?.sha256}`;
    if (!stored || stored.size !== Number(message.size) || (message.hash ?? digest) !== digest) {
      const why = "the uploaded bytes are not those that were announced";
      return { status: 400, body: refusal("invalid_argument", why) };
    }
    Object.assign(entry, { size: stored.size, digest, complete: true });
    return { body: { ok: true, artifact_id: String(entry.id) } };
  }

  #matching(message: { name_filter?: string; id_filter?: string }, { run }: Backend) {
    const { name_filter: name, id_filter: id } = message;
    return this.list(run).filter(
      (entry) => (!name || entry.name === name) && (!id || String(entry.id) === id),
    );
  }
}

/** Unique in this process, so that one id names one artifact in every world. */
let lastId = 1_000_000;

function described(artifact: StoredArtifact) {
  return {
    workflow_run_backend_id: artifact.run,
    workflow_job_run_backend_id: artifact.job,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.size),
    created_at: artifact.createdAt,
    digest: artifact.digest,
  };
}
