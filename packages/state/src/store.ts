/**
 * Objects that are created once and never changed: all that the library keeps between runs. A key
 * is a path of `a-z A-Z 0-9 . _ -` segments, relative to the store's own location.
 */
export type Store = {
  /** What a person reads: `s3://bucket/prefix` or the folder's path. */
  readonly location: string;

  /**
   * Creates the object if the key is free. `taken` says that an object of whatever origin stands
   * there, this very write included if its first reply was lost. Throws when it is not known
   * whether the write took effect: read the key to find out.
   */
  create(key: string, bytes: Uint8Array): Promise<"created" | "taken">;

  /** The object's bytes; undefined when the key is free. Throws when that cannot be told. */
  read(key: string): Promise<Uint8Array | undefined>;

  /**
   * The keys below a prefix in ascending order, those after `after` only; when `most` is given, the
   * first so many will do.
   */
  list(prefix: string, after?: string, most?: number): Promise<string[]>;
};
