import { contextForTests } from "@playbook/action/testing";
import { patiently } from "../src/octokit.ts";

function failingOnce(error: Error, waits: number[]) {
  let left = 1;
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  const work = () => {
    if (left-- > 0) throw error;
    return "done";
  };
  return patiently({ once: false }, contextForTests({ clock }), work);
}

test("a connection that broke is tried again", async () => {
  const waits: number[] = [];
  const error = new Error("fetch failed", { cause: new Error("read ECONNRESET") });

  await expect(failingOnce(error, waits)).resolves.toBe("done");
  expect(waits).toEqual([1_000]);
});

test("a certificate that is not trusted is told at once, with what to set", async () => {
  const waits: number[] = [];
  const cause = Object.assign(new Error("self-signed certificate"), {
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  const error = new Error("fetch failed", { cause: new TypeError("fetch failed", { cause }) });

  await expect(failingOnce(error, waits)).rejects.toMatchObject({
    code: "certificate-untrusted",
    next: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
  });
  expect(waits).toEqual([]);
});
