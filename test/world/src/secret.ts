/** Something that opens a door to whoever reads it. */
export type Secret = {
  /** Its kind: `session token`, `secret RPC_URLS`. */
  what: string;
  value: string;
};
