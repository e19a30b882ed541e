import { ActionError } from "@playbook/action";

/** Where in S3 a state is kept. */
export type S3Location = { bucket: string; prefix: string };

/**
 * Reads `s3://bucket/prefix`; undefined for a folder. Throws `bad-input`, with an example of how it
 * is written, for a bucket alone, and for whatever looks like another address: taken for a folder,
 * it would be a state that nobody finds.
 */
export function s3Location(state: string, example: string): S3Location | undefined {
  if (!/^[\w-]+:/.test(state)) return undefined;
  const [, bucket, prefix] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/([\w.-]+(?:\/[\w.-]+)*)\/?$/.exec(state) ?? [];
  if (bucket && prefix) return { bucket, prefix };
  throw new ActionError("bad-input", {
    what: `"state" is ${state}.`,
    why: "It has to name a bucket and a prefix below it: permissions are given for the prefix.",
    next: `Write it as s3://bucket/prefix, for example ${example}.`,
  });
}
