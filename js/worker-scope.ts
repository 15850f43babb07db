/** A worker's global scope, of which the types of pages know nothing. */

/** What of it is used. */
export interface WorkerScope<Question, Answer> {
  onmessage: ((event: MessageEvent<Question>) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
}
