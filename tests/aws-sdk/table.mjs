/**
 * What AWS's JavaScript SDK is made to do, and what has to come of it: one table for Node, against the native server, and
 * for a page, against the service worker. It uses nothing that only one of them has.
 */

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { Upload } from "@aws-sdk/lib-storage";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const BUCKET = "aws-sdk";
const MIB = 1024 * 1024;
/** A little more than two of the smallest parts. */
const LONG = 10 * MIB + 5;
const CUSTOMER_KEY = new Uint8Array(32).fill(7);
const CUSTOMER_KEY_MD5 = "y4HAEFCYWuvAXWFTtA1Qpg==";
const CONTEXT = { project: "one" };

/**
 * What asks for each mode on writing, what a reader has to give, and what the answer to either says.
 *
 * @param {string} kmsKey an alias
 * @param {string} arn that key's
 */
function modes(kmsKey, arn) {
  const customer = { SSECustomerAlgorithm: "AES256", SSECustomerKey: CUSTOMER_KEY };
  const kms = { SSEKMSKeyId: kmsKey, SSEKMSEncryptionContext: btoa(JSON.stringify(CONTEXT)) };
  return {
    "SSE-S3": { write: { ServerSideEncryption: "AES256" }, read: {}, said: { ServerSideEncryption: "AES256" } },
    "SSE-KMS": {
      write: { ServerSideEncryption: "aws:kms", BucketKeyEnabled: true, ...kms },
      read: {},
      said: { ServerSideEncryption: "aws:kms", SSEKMSKeyId: arn, BucketKeyEnabled: true },
    },
    "DSSE-KMS": {
      write: { ServerSideEncryption: "aws:kms:dsse", ...kms },
      read: {},
      said: { ServerSideEncryption: "aws:kms:dsse", SSEKMSKeyId: arn },
    },
    "SSE-C": {
      write: customer,
      read: customer,
      said: { SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: CUSTOMER_KEY_MD5 },
    },
  };
}

const MEMBERS = [
  "ServerSideEncryption",
  "SSEKMSKeyId",
  "BucketKeyEnabled",
  "SSECustomerAlgorithm",
  "SSECustomerKeyMD5",
];

/** What comes behind `x-amz-server-side-encryption` in a member's header. */
const HEADERS = {
  ServerSideEncryption: "",
  SSEKMSKeyId: "-aws-kms-key-id",
  SSEKMSEncryptionContext: "-context",
  BucketKeyEnabled: "-bucket-key-enabled",
  SSECustomerAlgorithm: "-customer-algorithm",
  SSECustomerKey: "-customer-key",
  SSECustomerKeyMD5: "-customer-key-md5",
};

/** What an answer says of the encryption, and nothing else. */
function saidOf(answer) {
  return Object.fromEntries(MEMBERS.filter((name) => answer[name] !== undefined).map((name) => [name, answer[name]]));
}

/** One side of the table: clients of one storage, and a bucket there. */
export class Side {
  #s3;
  /** The other one would sign the checksum of an empty body into its URLs. */
  #signer;
  #kms;
  #kmsKey;
  #modes;

  /**
   * @param {{ s3: object, kms: object, kmsKey: string }} options for both clients, and an alias that is there
   */
  constructor({ s3, kms, kmsKey }) {
    this.#s3 = new S3Client({ region: "us-east-1", maxAttempts: 1, ...s3 });
    this.#signer = new S3Client({ region: "us-east-1", requestChecksumCalculation: "WHEN_REQUIRED", ...s3 });
    this.#kms = new KMSClient({ region: "us-east-1", maxAttempts: 1, ...kms });
    this.#kmsKey = kmsKey;
  }

  /** Makes the bucket, and asks KMS for the ARN that answers have to name. */
  async start() {
    await this.#s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const { KeyMetadata } = await this.#kms.send(new DescribeKeyCommand({ KeyId: this.#kmsKey }));
    this.#modes = modes(this.#kmsKey, KeyMetadata.Arn);
  }

  /** Puts, looks at, describes and reads an object, whole and in part. */
  async object(mode) {
    const { write, read, said } = this.#modes[mode];
    const content = text(200_000);
    const [Key, asked] = [`${mode}/a b+ü~.txt`, { Metadata: { x: "y" }, ContentType: "text/plain" }];
    const put = await this.#put({ Key, Body: content, ...asked, ...write });
    same(saidOf(put), said, "PutObject");
    const head = await this.#s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...read }));
    same(saidOf(head), said, "HeadObject");
    same([head.ContentLength, head.ETag, head.Metadata], [200_000, put.ETag, { x: "y" }], "HeadObject");
    const got = await this.#get({ Key, ...read });
    same(saidOf(got), said, "GetObject");
    same([got.ContentType, got.text], ["text/plain", content], "GetObject");
    const range = await this.#get({ Key, Range: "bytes=65530-65545", ...read });
    same([range.ContentRange, range.text], ["bytes 65530-65545/200000", content.slice(65530, 65546)], "a range");
    const ObjectAttributes = ["ETag", "ObjectSize", "Checksum"];
    const found = await this.#s3.send(
      new GetObjectAttributesCommand({ Bucket: BUCKET, Key, ObjectAttributes, ...read }),
    );
    same([found.ObjectSize, `"${found.ETag}"`, found.Checksum.ChecksumCRC32], [200_000, put.ETag, put.ChecksumCRC32]);
  }

  /** Copies an object of one mode into every mode. */
  async copies(mode) {
    const { write, read } = this.#modes[mode];
    const Key = `${mode}/source`;
    await this.#put({ Key, Body: "copied", ...write });
    const source = Object.fromEntries(Object.entries(read).map(([name, value]) => [`CopySource${name}`, value]));
    for (const [into, target] of Object.entries(this.#modes)) {
      const copy = { Bucket: BUCKET, Key: `${mode}/${into}`, CopySource: `${BUCKET}/${Key}` };
      const made = await this.#s3.send(new CopyObjectCommand({ ...copy, ...source, ...target.write }));
      same(saidOf(made), target.said, `a copy into ${into}`);
      const got = await this.#get({ Key: copy.Key, ...target.read });
      same([got.text, saidOf(got)], ["copied", target.said], `what was copied into ${into}`);
    }
  }

  /** Uploads in parts by AWS's own manager, and reads it whole, one part and across the edge of two. */
  async upload(mode) {
    const { write, read, said } = this.#modes[mode];
    const [Key, content] = [`${mode}/long`, text(LONG)];
    const params = { Bucket: BUCKET, Key, Body: new TextEncoder().encode(content), ...write };
    const completed = await new Upload({ client: this.#s3, params, partSize: 5 * MIB, queueSize: 2 }).done();
    same(/-3"$/.test(completed.ETag), true, "three parts");
    const got = await this.#get({ Key, ...read });
    same(got.text === content, true, "the whole content");
    same(saidOf(got), said, "GetObject");
    const last = await this.#get({ Key, PartNumber: 3, ...read });
    same([last.PartsCount, last.text], [3, content.slice(10 * MIB)], "the last part");
    const edge = await this.#get({ Key, Range: `bytes=${5 * MIB - 9}-${5 * MIB + 8}`, ...read });
    same(edge.text, content.slice(5 * MIB - 9, 5 * MIB + 9), "a range across two parts");
  }

  /** Writes and reads through presigned URLs, which the SDK does not send itself. */
  async presigned(mode) {
    const { write, read } = this.#modes[mode];
    const [Bucket, Key] = [BUCKET, `${mode}/presigned`];
    const [sent, headers] = [headersOf(write), headersOf(read)];
    const put = await getSignedUrl(this.#signer, new PutObjectCommand({ Bucket, Key, ...write }), { expiresIn: 60 });
    same((await fetch(put, { method: "PUT", body: "by URL", headers: sent })).status, 200, "PUT");
    const get = await getSignedUrl(this.#signer, new GetObjectCommand({ Bucket, Key, ...read }), { expiresIn: 60 });
    same(await (await fetch(get, { headers })).text(), "by URL", "GET");
    const altered = await fetch(get.replace("presigned", "source"), { headers });
    same([altered.status, /<Code>(.*?)</.exec(await altered.text())[1]], [403, "SignatureDoesNotMatch"], "another key");
  }

  /** Uploads by a form that asks for a mode. */
  async form(mode) {
    const { write, read, said } = this.#modes[mode];
    const Key = `${mode}/form`;
    const Fields = headersOf(write);
    const { url, fields } = await createPresignedPost(this.#s3, { Bucket: BUCKET, Key, Fields, Expires: 60 });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob(["by form"]));
    same((await fetch(url, { method: "POST", body: form })).status, 204, "POST");
    const got = await this.#get({ Key, ...read });
    same([got.text, saidOf(got)], ["by form", said], "GetObject");
  }

  /** A data key of KMS opens under the context that it was made with, and no other. */
  async dataKey() {
    const asked = { KeyId: this.#kmsKey, KeySpec: "AES_256", EncryptionContext: CONTEXT };
    const made = await this.#kms.send(new GenerateDataKeyCommand(asked));
    const { CiphertextBlob } = made;
    const opened = await this.#kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: CONTEXT }));
    same([opened.KeyId, [...opened.Plaintext]], [made.KeyId, [...made.Plaintext]], "Decrypt");
    same(made.Plaintext.length, 32, "a key of 256 bits");
    const other = this.#kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { project: "other" } }));
    same(await refusal(other), [400, "InvalidCiphertextException"], "another context");
  }

  /** Mistakes, as the SDK tells them. */
  async mistakes() {
    const { write, read } = this.#modes["SSE-C"];
    await this.#put({ Key: "mistakes", Body: "x", ...write });
    same(await refusal(this.#get({ Key: "mistakes" })), [400, "InvalidRequest"], "without the customer's key");
    const wrong = { ...read, SSECustomerKey: new Uint8Array(32).fill(8) };
    same(await refusal(this.#get({ Key: "mistakes", ...wrong })), [403, "AccessDenied"], "another customer's key");
    same(await refusal(this.#get({ Key: "none" })), [404, "NoSuchKey"], "no such object");
    const missing = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "alias/none" };
    const put = this.#put({ Key: "mistakes", Body: "x", ...missing });
    same(await refusal(put), [400, "KMS.NotFoundException"], "no such KMS key");
    const both = this.#put({ Key: "mistakes", Body: "x", ...write, ServerSideEncryption: "AES256" });
    same(await refusal(both), [400, "InvalidArgument"], "two modes at once");
  }

  /** Lists what is there, and deletes all of it. */
  async emptied() {
    const { Contents } = await this.#s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const Objects = Contents.map(({ Key }) => ({ Key }));
    const { Deleted, Errors } = await this.#s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    same([Deleted.length, Errors], [Objects.length, undefined], "DeleteObjects");
    const { KeyCount } = await this.#s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    same(KeyCount, 0, "ListObjectsV2");
  }

  #put(input) {
    return this.#s3.send(new PutObjectCommand({ Bucket: BUCKET, ...input }));
  }

  async #get(input) {
    const answer = await this.#s3.send(new GetObjectCommand({ Bucket: BUCKET, ...input }));
    return { ...answer, text: await answer.Body.transformToString() };
  }
}

/** A text of lines that differ, of a given length. */
function text(length) {
  let lines = "";
  for (let line = 0; lines.length < length; line += 1)
    lines += `line ${line} of a document that nobody else should read\n`;
  return lines.slice(0, length);
}

/** The headers, or fields of a form, that stand for members of a request. */
function headersOf(members) {
  const whole = "SSECustomerKey" in members ? { ...members, SSECustomerKeyMD5: CUSTOMER_KEY_MD5 } : members;
  const text = (value) => (value instanceof Uint8Array ? btoa(String.fromCharCode(...value)) : String(value));
  const header = (name) => `x-amz-server-side-encryption${HEADERS[name]}`;
  return Object.fromEntries(Object.entries(whole).map(([name, value]) => [header(name), text(value)]));
}

/** The status and name that a call is refused with. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return [error.$metadata?.httpStatusCode, error.name];
  }
  throw new Error("it was not refused");
}

function same(seen, expected, what = "") {
  const [one, other] = [seen, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what}: ${one?.slice(0, 500)} is not ${other?.slice(0, 500)}`);
}
