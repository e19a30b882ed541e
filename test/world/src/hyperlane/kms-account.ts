import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import {
  AbstractSigner,
  computeAddress,
  getBytes,
  hashMessage,
  hexlify,
  type Provider,
  recoverAddress,
  Signature,
  Transaction,
  type TransactionRequest,
  toBeHex,
} from "ethers";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const UNCOMPRESSED_POINT = 65;

/** An account whose key is in KMS, as the agents' own signer of type `aws`. */
export class KmsAccount extends AbstractSigner {
  readonly address: string;
  readonly #kms: KMSClient;
  readonly #key: string;

  private constructor(kms: KMSClient, key: string, address: string, provider?: Provider) {
    super(provider);
    this.#kms = kms;
    this.#key = key;
    this.address = address;
  }

  static async open({ id, region }: { id: string; region: string }): Promise<KmsAccount> {
    const kms = new KMSClient({ region });
    const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId: id }));
    const address = computeAddress(hexlify(PublicKey.slice(-UNCOMPRESSED_POINT)));
    return new KmsAccount(kms, id, address);
  }

  override connect(provider: Provider): KmsAccount {
    return new KmsAccount(this.#kms, this.#key, this.address, provider);
  }

  override async getAddress(): Promise<string> {
    return this.address;
  }

  override async signMessage(message: string | Uint8Array): Promise<string> {
    return (await this.#sign(hashMessage(message))).serialized;
  }

  override async signTransaction(request: TransactionRequest): Promise<string> {
    const transaction = Transaction.from(request as Transaction);
    transaction.signature = await this.#sign(transaction.unsignedHash);
    return transaction.serialized;
  }

  override signTypedData(): Promise<string> {
    throw new Error("agents sign no typed data");
  }

  async #sign(digest: string): Promise<Signature> {
    const { Signature: der = new Uint8Array() } = await this.#kms.send(
      new SignCommand({
        KeyId: this.#key,
        Message: getBytes(digest),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_256",
      }),
    );
    const { r, s } = numbersIn(der);
    const low = s > ORDER / 2n ? ORDER - s : s;
    const found = [27, 28]
      .map((v) => Signature.from({ r: toBeHex(r, 32), s: toBeHex(low, 32), v }))
      .find((signature) => recoverAddress(digest, signature) === this.address);
    if (!found) throw new Error(`KMS has not signed with the key of ${this.address}`);
    return found;
  }
}

/** A sequence of two integers. */
function numbersIn(der: Uint8Array): { r: bigint; s: bigint } {
  const length = der[3] as number;
  const r = BigInt(hexlify(der.slice(4, 4 + length)));
  const s = BigInt(hexlify(der.slice(6 + length)));
  return { r, s };
}
