import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { GetObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import type { Aws } from "./aws.ts";
import type { Stack } from "./template/stack.ts";

/** What is typed after `aws`, to what it prints; rejects with what it complains of. */
export type AwsCommand = (args: string[]) => Promise<string>;

/** What a command line says: its words, and its options with their values. */
type Line = { words: string[]; options: Map<string, string[]> };

type Place = {
  aws: Aws;
  /** Where the command is run. */
  folder: string;
  /** The stacks that are there already, with the parameters that they were given. */
  stacks: Map<string, { stack: Stack; parameters: Record<string, string> }>;
};

type Does = (line: Line, place: Place) => Promise<string>;

/** The commands of `aws` that the runbooks use; any other, and any other option, is an error. */
const COMMANDS: Record<string, { options: string[]; does: Does }> = {
  "cloudformation deploy": {
    options: ["stack-name", "template-file", "parameter-overrides", "capabilities"],
    does: deploy,
  },
  "cloudformation describe-stacks": { options: ["stack-name", "query", "output"], does: describe },
  "cloudtrail lookup-events": { options: ["lookup-attributes", "query", "output"], does: events },
  "kms disable-key": {
    options: ["key-id"],
    does: (line, { aws }) => onKms(aws, new DisableKeyCommand({ KeyId: value(line, "key-id") })),
  },
  "kms schedule-key-deletion": {
    options: ["key-id", "pending-window-in-days"],
    does: (line, { aws }) => {
      const PendingWindowInDays = Number(value(line, "pending-window-in-days"));
      const KeyId = value(line, "key-id");
      return onKms(aws, new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));
    },
  },
  "s3 sync": { options: [], does: sync },
};

/** Stands for AWS's command line, as the account's administrator. */
export function awsCommand(place: Place): AwsCommand {
  return async (args) => {
    const line = readLine(args);
    const name = line.words.slice(0, 2).join(" ");
    const command = COMMANDS[name];
    if (!command) throw new Error(`aws ${name} is no command of a runbook.`);
    const unknown = [...line.options.keys()].find(
      (option) => option !== "region" && !command.options.includes(option),
    );
    if (unknown) throw new Error(`aws ${name} does not know --${unknown}.`);
    if (value(line, "region") !== place.aws.region) throw new Error("That is another region.");
    return command.does(line, place);
  };
}

function readLine(args: string[]): Line {
  const line: Line = { words: [], options: new Map() };
  let open: string[] = line.words;
  for (const arg of args) {
    if (!arg.startsWith("--")) open.push(arg);
    else {
      open = [];
      line.options.set(arg.slice(2), open);
    }
  }
  return line;
}

function value({ options }: Line, name: string): string {
  const [found, ...more] = options.get(name) ?? [];
  if (found === undefined || more.length > 0) throw new Error(`--${name} has no single value.`);
  return found;
}

/** Parameters that are not given keep their values, as with AWS. */
async function deploy(line: Line, { aws, folder, stacks }: Place): Promise<string> {
  const name = value(line, "stack-name");
  const file = value(line, "template-file");
  const template = await readFile(isAbsolute(file) ? file : join(folder, file), "utf8");
  const given = (line.options.get("parameter-overrides") ?? []).map((one) => {
    const [, key = "", text = ""] = /^(\w+)=(.*)$/.exec(one) ?? [];
    return [key, text] as const;
  });
  const parameters = { ...stacks.get(name)?.parameters, ...Object.fromEntries(given) };
  const stack = await aws.deployTemplate(template, parameters, name);
  stacks.set(name, { stack, parameters });
  return `Successfully created/updated stack - ${name}\n`;
}

async function describe(line: Line, { stacks }: Place): Promise<string> {
  const [, output = ""] =
    /^Stacks\[0\]\.Outputs\[\?OutputKey=='(\w+)'\]\.OutputValue$/.exec(value(line, "query")) ?? [];
  const found = stacks.get(value(line, "stack-name"))?.stack.outputs[output];
  if (found === undefined) throw new Error("There is no such stack or output.");
  return `${found}\n`;
}

async function onKms(
  aws: Aws,
  command: DisableKeyCommand | ScheduleKeyDeletionCommand,
): Promise<string> {
  const kms = new KMSClient(aws.clientConfig());
  try {
    await kms.send(command as DisableKeyCommand);
    return "";
  } finally {
    kms.destroy();
  }
}

/** The world's own record of who asked for what, in CloudTrail's place. */
async function events(line: Line, { aws }: Place): Promise<string> {
  const [, key] =
    /^AttributeKey=ResourceName,AttributeValue=(.+)$/.exec(value(line, "lookup-attributes")) ?? [];
  const wanted = /^Events\[\?EventName=='(\w+)'\]\.\[EventTime,Username,EventId\]$/;
  const [, operation] = wanted.exec(value(line, "query")) ?? [];
  return aws
    .calls()
    .filter((call) => call.resource === key && call.operation === operation && call.status === 200)
    .map(({ at, principal, request }) => {
      const who = principal.split("/").at(-1);
      return `${new Date(at).toISOString()}\t${who}\t${request}\n`;
    })
    .join("");
}

async function sync({ words }: Line, { aws, folder }: Place): Promise<string> {
  const [, , from = "", to = ""] = words;
  const [, Bucket, Prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(from) ?? [];
  const s3 = new S3Client(aws.clientConfig());
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    for (const { Key = "" } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const path = join(folder, to, Key.slice((Prefix ?? "").length));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, (await Body?.transformToByteArray()) ?? "");
    }
  }
  s3.destroy();
  return "";
}
