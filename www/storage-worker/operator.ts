/** The storage's operator: looks at what lies at rest, damages it, lets it fail, starts afresh. None of this is S3. */

import type { Inspection as Found, KmsEvent as LoggedEvent, StorageSim } from "s3-envelope/testing";

import { type Answers, type AtRest, BUCKET, type Inspection, type KmsEvent } from "../protocol.js";

/**
 * Answers a question of the page.
 *
 * @param question - The question.
 * @param storage - The storage.
 */
export async function answerTo(question: Inspection, storage: StorageSim): Promise<Answers[Inspection["kind"]]> {
  switch (question.kind) {
    case "has-bucket":
      return (await storage.objects(BUCKET)) !== undefined;
    case "object":
      return atRest(await storage.inspectObject(BUCKET, question.key));
    case "stored-bytes":
      return new Uint8Array((await storage.storedBytes(BUCKET, question.key, question.offset, question.length)) ?? []);
    case "flip-stored-bit":
      await storage.tamperObject(BUCKET, question.key, question.offset);
      return undefined;
    case "kms-events":
      return (await storage.kmsEvents()).map(eventOf);
    case "fail-downloads":
      await storage.setFaults([{ operation: "GetObject", fault: question.mishap, times: question.times }]);
      return undefined;
    case "be-well":
      await storage.setFaults([]);
      return undefined;
    case "reset":
      await storage.reset();
      return undefined;
  }
}

function atRest(found: Found | undefined): AtRest | undefined {
  if (found === undefined) {
    return undefined;
  }
  const { mode, contentLength, storedLength, segmentLength, wrappedDataKey, unwrappedBy, kmsKeyId } = found;
  const customerKeyHmac = found.customerKeyHash?.hmac;
  const metadata = found.userMetadata;
  return {
    mode,
    contentLength,
    storedLength,
    segmentLength,
    wrappedDataKey,
    unwrappedBy,
    kmsKeyId,
    customerKeyHmac,
    metadata,
  };
}

/** What the page shows of a record of the audit log. */
function eventOf({ eventName, eventTime, resources, requestParameters, errorCode }: LoggedEvent): KmsEvent {
  // KMS takes nothing but names and values of text here.
  const context = requestParameters?.["encryptionContext"] as Readonly<Record<string, string>> | undefined;
  return { eventName, eventTime, keyId: resources[0]?.ARN ?? "", encryptionContext: context ?? {}, errorCode };
}
