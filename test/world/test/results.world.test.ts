import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefaultArtifactClient } from "@actions/artifact";
import { restoreCache, saveCache } from "@actions/cache";
import { type Results, startResults } from "../src/runner/results.ts";

let results: Results;
let folder: string;
const environment = { ...process.env };
const write = process.stdout.write;

beforeAll(async () => {
  results = await startResults();
  folder = await mkdtemp(join(tmpdir(), "results-test-"));
  // The clients tell every step of theirs.
  process.stdout.write = () => true;
});

afterAll(async () => {
  process.stdout.write = write;
  await results[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

afterEach(() => {
  process.env = { ...environment };
});

/** GitHub's own client, as an action of a job of `run` would use it. */
function clientOf(run: string): DefaultArtifactClient {
  Object.assign(process.env, results.env(run), { GITHUB_WORKSPACE: folder, RUNNER_TEMP: folder });
  return new DefaultArtifactClient();
}

async function fileWith(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

test("an artifact travels between two jobs of a run, and its digest is the same at both ends", async () => {
  const plan = await fileWith("plan.json", '{"steps": 3}');

  const sent = await clientOf("run-1").uploadArtifact("plan", [plan], folder);
  const receiver = clientOf("run-1");
  const { artifact } = await receiver.getArtifact("plan");
  const got = await receiver.downloadArtifact(artifact.id, {
    path: join(folder, "there"),
    expectedHash: artifact.digest,
  });

  expect(artifact).toMatchObject({ name: "plan", id: sent.id, digest: `sha256:${sent.digest}` });
  expect(got.digestMismatch).toBe(false);
  expect(await readFile(join(folder, "there/plan.json"), "utf8")).toBe('{"steps": 3}');
});

test("an artifact of many blocks arrives whole", async () => {
  const bytes = new Uint8Array(20 * 2 ** 20).map((_, index) => (index * 2654435761) >>> 13);
  const file = await fileWith("large.bin", bytes);

  await clientOf("run-2").uploadArtifact("large", [file], folder, { compressionLevel: 0 });
  const { artifact } = await clientOf("run-2").getArtifact("large");
  await clientOf("run-2").downloadArtifact(artifact.id, { path: join(folder, "got") });

  expect(Buffer.compare(await readFile(join(folder, "got/large.bin")), bytes)).toBe(0);
});

test("a run does not see another run's artifacts", async () => {
  const file = await fileWith("mine.txt", "mine");
  await clientOf("run-3").uploadArtifact("mine", [file], folder);

  const { artifacts } = await clientOf("run-4").listArtifacts();

  expect(artifacts).toEqual([]);
  expect(results.artifacts("run-3").map(({ name }) => name)).toEqual(["mine"]);
});

test("a name is taken once a run, and free again when its artifact is deleted", async () => {
  const file = await fileWith("one.txt", "one");
  const client = clientOf("run-5");
  await client.uploadArtifact("one", [file], folder);

  await expect(client.uploadArtifact("one", [file], folder)).rejects.toThrow("already exists");
  await client.deleteArtifact("one");

  await expect(client.uploadArtifact("one", [file], folder)).resolves.toBeDefined();
});

test("a token that was made up opens nothing", async () => {
  clientOf("run-1");
  const [header, claims] = String(process.env.ACTIONS_RUNTIME_TOKEN).split(".");
  process.env.ACTIONS_RUNTIME_TOKEN = `${header}.${claims}.forged`;

  await expect(new DefaultArtifactClient().listArtifacts()).rejects.toThrow("401");
});

test("a cache is restored by its key, or by the newest that begins like one", async () => {
  clientOf("run-6");
  process.env.RUNNER_OS = "Linux";
  const cached = join(folder, "cached");
  await mkdir(cached);
  await writeFile(join(cached, "file"), "kept");

  await saveCache([cached], "solc-0.8.30");
  await rm(cached, { recursive: true });

  expect(await restoreCache([cached], "solc-0.8.31", ["solc-"])).toBe("solc-0.8.30");
  expect(await readFile(join(cached, "file"), "utf8")).toBe("kept");
  expect(await restoreCache([cached], "other-1")).toBeUndefined();
});
