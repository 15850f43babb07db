/**
 * s3-envelope: the S3 encryption client for the web.
 *
 * @packageDocumentation
 */

export type { EngineOptions } from "./bulk-engine.js";
export { decryptRange, type DecryptRangeOptions, type RangedObject } from "./decrypt-range.js";
export type { ChecksumAlgorithm } from "./checksum.js";
export { MultiKeyring } from "./multi-keyring.js";
export { decryptObject, type DecryptOptions, type StoredObject } from "./decrypt.js";
export { deleteObject, type DeleteOptions } from "./delete.js";
export { discard } from "./discard.js";
export type { ContentRange } from "./download-range.js";
export { download, type DownloadedObject, type DownloadOptions, type DownloadProgress } from "./download.js";
export { encryptObject, type EncryptedObject, type EncryptOptions } from "./encrypt.js";
export { init } from "./engine.js";
export type { InstructionFile } from "./instruction-file.js";
export { EnvelopeError, type EnvelopeErrorCode, isEnvelopeError } from "./errors.js";
export { AesKeyring, type AesKeyringOptions, type CommitmentPolicy, type KeyBytes, type Keyring } from "./keyring.js";
export {
  type EncryptionContext,
  kmsBackend,
  type KmsBackendOptions,
  type KmsClient,
  type KmsTransport,
} from "./kms-client.js";
export { kmsEndpoint, type KmsEndpointOptions } from "./kms-endpoint.js";
export { KmsKeyring, type KmsKeyringOptions } from "./kms-keyring.js";
export {
  type Credentials,
  presign,
  type PresignedOperation,
  type PresignedRequest,
  type PresignOptions,
} from "./presign.js";
export { reEncryptInstructionFile, type ReEncryptOptions } from "./re-encrypt.js";
export { initReader } from "./reader.js";
export { initRequests } from "./requests.js";
export type { Presign, PresignedUrl, PresignRequest } from "./request.js";
export type { ByteSource } from "./source.js";
export type { EngineSource } from "./on-demand.js";
export { PassphraseKeyring, type PassphraseKeyringOptions } from "./passphrase-keyring.js";
export { type RsaKeys, RsaKeyring, type RsaKeyringOptions } from "./rsa-keyring.js";
export type { RsaKeySource } from "./rsa-key.js";
export { saveObject, type SavedObject, type SaveOptions, type SaveWay } from "./save.js";
export { type HeaderMap, type KmsOptions, type Operation, type ServerSideEncryption, sse, sseC } from "./sse.js";
export { upload, type UploadedObject, type UploadOptions } from "./upload.js";
export type { UploadProgress } from "./upload-transfer.js";
