/** Answers of the simulated storage that fail on purpose, for tests of what else talks to it. */

/**
 * How an answer fails. `internal-error` (500) and `slow-down` (503) come in place of the work; with the others it is done:
 * `reset` ends the connection without an answer, `stall` never answers, `truncated-body` ends the body after its first half,
 * `corrupted-body` alters one bit in its middle.
 */
export type Fault = "internal-error" | "slow-down" | "reset" | "stall" | "truncated-body" | "corrupted-body";

/** Which answers fail, and how. */
export interface FaultRule {
  /** The operation, such as `UploadPart`, or `kms:GenerateDataKey`; any unless given. A form is a `PutObject`. */
  readonly operation?: string | undefined;
  /** The first answer that fails, counted from 1 and from when the rule was set; 1 unless given. */
  readonly nth?: number | undefined;
  /** How many fail in a row; 1 unless given. */
  readonly times?: number | undefined;
  /** How they fail. */
  readonly fault: Fault;
}

/** A rule with what has come of it. */
export interface FaultState extends FaultRule {
  /** The first answer that fails. */
  readonly nth: number;
  /** How many fail in a row. */
  readonly times: number;
  /** How many answers it could have been for. */
  readonly seen: number;
}

/** The private header of an answer that is to fail as a whole. */
const FAULT = "x-sim-fault";

/**
 * An answer as it comes, or the failure of the whole of it that was set, as the global `fetch` has it.
 *
 * @param response - The answer.
 * @param signal - Ends the wait for an answer that never comes.
 * @throws A `TypeError` where the connection was to be reset; the signal's reason.
 */
export async function orFault(response: Response, signal: AbortSignal): Promise<Response> {
  const fault = response.headers.get(FAULT);
  if (fault === null) {
    return response;
  }
  await response.body?.cancel();
  if (fault === "reset") {
    throw new TypeError("Failed to fetch: the simulated storage was told to reset the connection");
  }
  return await new Promise<never>((_, reject) => {
    const stop = () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason, as fetch does
      reject(signal.reason);
    };
    if (signal.aborted) {
      stop();
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}
