import type { Act, Fault } from "./fault.ts";

const nothing: Act = () => {};
const S3 = { service: "s3" };
const PUT = { service: "s3", operation: "PutObject" };
const NO_BUCKET = "it keeps nothing in S3";

const kill: Act = ({ midway, signal }) => midway(() => signal("SIGKILL"));

/** A run that is killed in the middle, and whose record is changed before the next one. */
const interrupted =
  (place: "folder" | "open bucket"): Act =>
  async (stand) => {
    stand.keepIn(place);
    await kill(stand);
  };

/** What happens to what is remembered between runs. */
export const state: Fault[] = [
  {
    name: "S3 answers 412 to a write that was won",
    acts: [({ fault }) => fault({ do: "answer 412 though won", match: PUT, nth: 3, times: 6 })],
    ends: ["done"],
    none: NO_BUCKET,
  },
  {
    name: "S3 is slow",
    acts: [({ fault }) => fault({ do: "delay", ms: 300, match: S3, times: Infinity })],
    ends: ["done"],
    none: NO_BUCKET,
  },
  {
    name: "S3 fails and loses its replies",
    acts: [
      ({ fault }) => {
        fault({ do: "status", status: 503, match: S3, nth: 6, times: 3 });
        fault({ do: "status", status: 500, match: S3, nth: 14, times: 2 });
        fault({ do: "lose reply", match: PUT, nth: 5, times: 3 });
      },
    ],
    ends: ["done"],
    none: NO_BUCKET,
  },
  {
    name: "S3 denies in the middle, and allows again",
    acts: [({ midway, fault }) => midway(() => fault({ do: "deny", match: PUT })), nothing],
    ends: ["access-denied", "done"],
    none: NO_BUCKET,
  },
  {
    name: "an entry of the record is deleted, and restored",
    acts: [interrupted("open bucket"), ({ spoil }) => spoil(() => ""), ({ restore }) => restore()],
    ends: ["SIGKILL", "state-deleted", "done"],
  },
  {
    name: "an entry of the record is torn, and restored",
    acts: [
      interrupted("folder"),
      ({ spoil }) => spoil((text) => text.slice(0, text.length / 2)),
      ({ restore }) => restore(),
    ],
    ends: ["SIGKILL", "log-torn", "done"],
  },
  {
    name: "the record was written by a later version",
    acts: [
      interrupted("folder"),
      ({ spoil }) => spoil((text) => text.replace('"version":1', '"version":2')),
      ({ restore }) => restore(),
    ],
    ends: ["SIGKILL", "log-too-new", "done"],
    none: "its record has no version",
  },
  {
    name: "the disk is full in the middle",
    steps: 40,
    acts: [
      ({ keepIn, midway, fillDisk }) => {
        keepIn("folder");
        midway(fillDisk);
      },
      nothing,
    ],
    ends: ["state-unreachable", "done"],
  },
  {
    name: "the script is changed after a run was killed",
    acts: [kill, ({ changeScript }) => changeScript()],
    ends: ["SIGKILL", "done"],
  },
];
