import type { Store } from "./store.ts";

/** Reads at once, for whoever waits for the checks anyway; creates nothing before they are done. */
export function onceChecked(store: Store, checked: Promise<void>): Store {
  return {
    location: store.location,
    read: (key) => unlessFirst(checked, store.read(key)),
    list: (prefix, after, most) => unlessFirst(checked, store.list(prefix, after, most)),
    create: async (key, bytes) => {
      await checked;
      return store.create(key, bytes);
    },
  };
}

/** What `work` comes to; where it fails, what was found to be wrong before it. */
export async function unlessFirst<Result>(
  checked: Promise<unknown>,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    await checked;
    throw error;
  }
}
