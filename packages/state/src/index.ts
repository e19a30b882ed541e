export { onceChecked, unlessFirst } from "./checked.ts";
export { folderStore, openFolder } from "./folder.ts";
export { canonical, type Digest, digestOf } from "./json.ts";
export { keySegment } from "./key.ts";
export { type Entry, type Header, Log, LogLost, type LogOptions } from "./log.ts";
export type { Store } from "./store.ts";
