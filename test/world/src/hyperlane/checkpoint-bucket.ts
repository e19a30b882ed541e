import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

export type Place = { name: string; region: string; folder: string };

/** Where a validator leaves what it has signed. It reads as anybody does, without credentials. */
export class CheckpointBucket {
  readonly #s3: S3Client;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    this.#s3 = new S3Client({ region: place.region });
  }

  /** As the validator announces it. */
  get location(): string {
    const { name, region, folder } = this.#place;
    return ["s3:/", name, region, folder].filter(Boolean).join("/");
  }

  /** undefined for what is not there; throws for what is not known, a forbidden one among it. */
  async read(name: string): Promise<string | undefined> {
    const { region } = this.#place;
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    const endpoint =
      AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`;
    const reply = await fetch(`${endpoint}/${this.#place.name}/${this.#key(name)}`);
    const text = await reply.text();
    if (reply.ok) return text;
    const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? String(reply.status);
    if (code === "NoSuchKey") return undefined;
    throw new Error(`${this.location} answers ${code}`);
  }

  async write(name: string, text: string): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.#place.name,
        Key: this.#key(name),
        Body: text,
        ContentType: "application/json",
      }),
    );
  }

  #key(name: string): string {
    return [this.#place.folder, name].filter(Boolean).join("/");
  }
}
