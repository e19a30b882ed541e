import { type Ipfs, startIpfs } from "@playbook/world";

let ipfs: Ipfs;
beforeAll(async () => {
  ipfs = await startIpfs();
}, 1_200_000);
afterAll(() => ipfs?.[Symbol.asyncDispose]());

async function add(text: string): Promise<string> {
  const form = new FormData();
  form.append("file", new Blob([text]));
  const answer = await fetch(`${ipfs.url}/api/v0/add`, { method: "POST", body: form });
  return ((await answer.json()) as { Hash: string }).Hash;
}

const cat = (cid: string) => fetch(`${ipfs.url}/api/v0/cat?arg=${cid}`, { method: "POST" });

test("a file is added, pinned and read again, under the id that its content has everywhere", async () => {
  const cid = await add("hello world\n");

  expect(cid).toBe("QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o");
  expect(await (await cat(cid)).text()).toBe("hello world\n");
  expect(await ipfs.isPinned(cid)).toBe(true);
});

test("what was never added is an answer, not a search", async () => {
  const answer = await cat("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG");

  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain("could not find");
});

test("a node that was down has what it had, at its address", async () => {
  const cid = await add("kept");
  await ipfs.down();
  await expect(cat(cid)).rejects.toThrow("fetch failed");

  await ipfs.up();

  expect(await (await cat(cid)).text()).toBe("kept");
});
