import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { startWorld } from "@playbook/world";

const mover = fileURLToPath(new URL("../../files/mover.sh", import.meta.url));
const template = new URL("./account.yml", import.meta.url);

const SUBJECT = "system:serviceaccount:axon:axon-backup";

/** A bucket, roles for it, and volumes that are folders. */
export async function openStand() {
  const world = await startWorld({ aws: {} });
  const { aws, issuer } = world;
  const { outputs } = await aws.deployTemplate(await readFile(template, "utf8"));
  const s3 = new S3Client(aws.clientConfig());
  let made = 0;

  /** A pod's folders. */
  const pod = async () => {
    made += 1;
    const folder = join(world.dir, `pod-${made}`);
    const dirs = Object.fromEntries(
      ["data", "work", "secrets"].map((name) => [name, join(folder, name)]),
    ) as Record<"data" | "work" | "secrets", string>;
    await Promise.all(Object.values(dirs).map((dir) => mkdir(dir, { recursive: true })));
    return { ...dirs, token: join(dirs.secrets, "token") };
  };

  /**
   * Does as the pod's container does. Another one's data can be mounted, and programs be in front.
   */
  const move = async (
    does: string,
    backup: string,
    {
      parts = "",
      data,
      subject = SUBJECT,
      programs,
    }: { parts?: string; data?: string; subject?: string; programs?: string } = {},
    onStart: (kill: () => void) => void = () => {},
  ) => {
    const { work, secrets, token, data: own } = await pod();
    await writeFile(token, await issuer.sign({ sub: subject }, { audience: "sts.amazonaws.com" }));
    await writeFile(join(work, "wanted"), parts);
    const { PATH = "/usr/bin:/bin" } = process.env;
    const child = spawn("/bin/sh", [mover, does], {
      detached: true,
      env: {
        PATH: programs ? `${programs}:${PATH}` : PATH,
        MOVER_DATA: data ?? own,
        MOVER_WORK: work,
        MOVER_SECRETS: secrets,
        MOVER_PARTS: join(work, "wanted"),
        MOVER_PART_BYTES: "4096",
        MOVER_BACKUP: backup,
        MOVER_NAME: "mover",
        MOVER_REGION: aws.region,
        MOVER_S3: `${aws.url}/backups/axon/${backup}`,
        MOVER_STS: aws.url,
        AWS_ROLE_ARN: (does === "pack" ? outputs.Packer : outputs.Unpacker) ?? "",
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
      },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        said += piece;
      });
    }
    onStart(() => process.kill(-(child.pid ?? 0), "SIGKILL"));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said, data: data ?? own };
  };

  const keys = async (backup: string) => {
    const Prefix = `axon/${backup}/`;
    const found = await s3.send(new ListObjectsV2Command({ Bucket: "backups", Prefix }));
    return (found.Contents ?? []).map(({ Key = "", Size = 0 }) => ({
      key: Key.slice(Prefix.length),
      size: Size,
    }));
  };
  const read = async (backup: string, key: string) => {
    const Key = `axon/${backup}/${key}`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "backups", Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return { world, aws, s3, pod, move, keys, read };
}

export type Stand = Awaited<ReturnType<typeof openStand>>;
