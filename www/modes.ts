/** The ways to encrypt an object, in the page's words: what each is, and who holds what in it. */

/** A way that an object is encrypted. */
export type Mode = "client-side" | "SSE-C" | "SSE-S3" | "SSE-KMS";
/** What a person can choose: a mode, or to leave it to the bucket. */
export type Choice = Mode | "bucket-default";

/** How a choice is presented. */
export interface ChoiceText {
  readonly choice: Choice;
  readonly title: string;
  readonly summary: string;
  /** Who can read the object, in a few words. */
  readonly readers: string;
  readonly note?: string;
}

export const CHOICES: readonly ChoiceText[] = [
  {
    choice: "client-side",
    title: "Client-side",
    summary: "This page encrypts. S3 gets ciphertext and a wrapped key it cannot open.",
    readers: "Only you",
    note: "Strongest",
  },
  {
    choice: "SSE-C",
    title: "SSE-C",
    summary: "S3 encrypts under your key, which every request brings along and S3 forgets.",
    readers: "You, and S3 while it works",
  },
  {
    choice: "SSE-S3",
    title: "SSE-S3",
    summary: "S3 encrypts under keys of its own. Nothing to do, nothing to hold.",
    readers: "Anyone S3 lets in",
  },
  {
    choice: "SSE-KMS",
    title: "SSE-KMS",
    summary: "S3 encrypts; a key in KMS decides who may read, and keeps a log.",
    readers: "Anyone S3 and KMS let in",
  },
  {
    choice: "bucket-default",
    title: "Bucket default",
    summary: "Send no encryption header and let the bucket decide.",
    readers: "As the bucket's mode",
  },
];

/** One of those who take part. */
export interface Party {
  readonly name: string;
  readonly isWhat: string;
  /** What it holds, and whether that opens the object. */
  readonly holds: readonly { readonly what: string; readonly opens: boolean }[];
  readonly canRead: "yes" | "no" | "while it works";
  readonly because: string;
}

const opens = (what: string) => ({ what, opens: true });
const shut = (what: string) => ({ what, opens: false });

/** Who holds which key, by mode. */
export const PARTIES: Readonly<Record<Mode, readonly Party[]>> = {
  "client-side": [
    {
      name: "You",
      isWhat: "and this browser",
      holds: [opens("wrapping key"), opens("the file")],
      canRead: "yes",
      because: "The key was made here and never leaves. Lose it, and nobody can help.",
    },
    {
      name: "This page",
      isWhat: "while it is open",
      holds: [opens("data key, for one object"), opens("the file")],
      canRead: "yes",
      because: "It encrypts and decrypts. Trust its code as you trust its key.",
    },
    {
      name: "Your backend",
      isWhat: "signs URLs",
      holds: [shut("S3 credentials")],
      canRead: "no",
      because: "It decides who may send and fetch, and gets ciphertext if it fetches.",
    },
    {
      name: "S3",
      isWhat: "stores",
      holds: [shut("ciphertext"), shut("wrapped data key"), shut("its own SSE-S3 key")],
      canRead: "no",
      because: "Its own encryption is one more layer around what it cannot read.",
    },
    { name: "KMS", isWhat: "not involved", holds: [], canRead: "no", because: "It never hears of this object." },
  ],
  "SSE-C": [
    {
      name: "You",
      isWhat: "and this browser",
      holds: [opens("customer key"), opens("the file")],
      canRead: "yes",
      because: "Lose the key, and the object is lost.",
    },
    {
      name: "This page",
      isWhat: "while it is open",
      holds: [opens("customer key"), opens("the file")],
      canRead: "yes",
      because: "It adds the key to each request, over TLS only.",
    },
    {
      name: "Your backend",
      isWhat: "signs URLs",
      holds: [shut("S3 credentials")],
      canRead: "no",
      because: "It signs the algorithm alone and never sees the key.",
    },
    {
      name: "S3",
      isWhat: "encrypts and stores",
      holds: [shut("ciphertext"), shut("salted HMAC of the key"), opens("customer key, during a request")],
      canRead: "while it works",
      because: "It has the file and the key in its memory for the length of a request.",
    },
    { name: "KMS", isWhat: "not involved", holds: [], canRead: "no", because: "It never hears of this object." },
  ],
  "SSE-S3": [
    {
      name: "You",
      isWhat: "and this browser",
      holds: [opens("the file")],
      canRead: "yes",
      because: "You hold no key; whoever signs your URLs decides.",
    },
    {
      name: "This page",
      isWhat: "while it is open",
      holds: [opens("the file")],
      canRead: "yes",
      because: "It sends the file as it is, over TLS.",
    },
    {
      name: "Your backend",
      isWhat: "signs URLs",
      holds: [opens("S3 credentials")],
      canRead: "yes",
      because: "Its credentials are all that reading takes.",
    },
    {
      name: "S3",
      isWhat: "encrypts and stores",
      holds: [opens("root key"), shut("wrapped data key"), shut("ciphertext")],
      canRead: "yes",
      because: "It holds the keys and decrypts for every permitted request.",
    },
    { name: "KMS", isWhat: "not involved", holds: [], canRead: "no", because: "S3 keeps these keys by itself." },
  ],
  "SSE-KMS": [
    {
      name: "You",
      isWhat: "and this browser",
      holds: [opens("the file")],
      canRead: "yes",
      because: "You hold no key; policies decide for you.",
    },
    {
      name: "This page",
      isWhat: "while it is open",
      holds: [opens("the file")],
      canRead: "yes",
      because: "It sends the file as it is, over TLS.",
    },
    {
      name: "Your backend",
      isWhat: "signs URLs",
      holds: [opens("S3 credentials"), opens("permission to use the KMS key")],
      canRead: "yes",
      because: "It needs both. Take away either and it reads nothing.",
    },
    {
      name: "S3",
      isWhat: "encrypts and stores",
      holds: [shut("ciphertext"), shut("wrapped data key"), opens("data key, during a request")],
      canRead: "while it works",
      because: "It has to ask KMS for the data key, each time on the caller's behalf.",
    },
    {
      name: "KMS",
      isWhat: "keeps the key, logs each use",
      holds: [opens("KMS key"), shut("log of every use")],
      canRead: "no",
      because: "It opens data keys for S3, but never sees the object.",
    },
  ],
};

/** The columns of the table of duties. */
export const DUTY_MODES: readonly Mode[] = ["client-side", "SSE-C", "SSE-S3", "SSE-KMS"];

/** The rows of the table of duties: a question and its answer in each mode. */
export const DUTIES: readonly { readonly question: string; readonly answers: Readonly<Record<Mode, string>> }[] = [
  {
    question: "Encryption in transit",
    answers: {
      "client-side": "TLS, around what is sealed already.",
      "SSE-C": "TLS, and nothing else: over http the key would leak, so S3 refuses.",
      "SSE-S3": "TLS, and nothing else.",
      "SSE-KMS": "TLS, and nothing else; S3 refuses http.",
    },
  },
  {
    question: "Encryption at rest",
    answers: {
      "client-side": "You, and S3 once more with the bucket's default.",
      "SSE-C": "S3, AES-256 under your key.",
      "SSE-S3": "S3, AES-256 under its own key.",
      "SSE-KMS": "S3, AES-256 under a data key from KMS.",
    },
  },
  {
    question: "Who makes the keys",
    answers: { "client-side": "You.", "SSE-C": "You.", "SSE-S3": "S3.", "SSE-KMS": "KMS." },
  },
  {
    question: "Who keeps the keys",
    answers: {
      "client-side": "You. The data key lies beside the object, wrapped.",
      "SSE-C": "You. S3 keeps a salted HMAC to recognise the key.",
      "SSE-S3": "S3.",
      "SSE-KMS": "KMS. The data key lies beside the object, wrapped.",
    },
  },
  {
    question: "Who can read",
    answers: {
      "client-side": "Who holds your key.",
      "SSE-C": "Who holds your key and may fetch the object.",
      "SSE-S3": "Who may fetch the object.",
      "SSE-KMS": "Who may fetch the object and use the KMS key.",
    },
  },
  {
    question: "If the key is lost",
    answers: {
      "client-side": "The object is lost.",
      "SSE-C": "The object is lost.",
      "SSE-S3": "It cannot be: S3 keeps it.",
      "SSE-KMS": "Deletion waits 7 to 30 days. After that, lost.",
    },
  },
  {
    question: "Rotation",
    answers: {
      "client-side": "You: send the object again, or wrap the data key anew where it is in a file beside it.",
      "SSE-C": "You: copy the object from the old key to the new one.",
      "SSE-S3": "S3, unseen.",
      "SSE-KMS": "KMS, yearly or when you say; old objects stay readable.",
    },
  },
  {
    question: "Audit",
    answers: {
      "client-side": "S3's log shows requests. Nobody sees uses of your key.",
      "SSE-C": "S3's log shows requests, not the key.",
      "SSE-S3": "S3's log shows requests.",
      "SSE-KMS": "CloudTrail shows every use of the key, allowed or refused.",
    },
  },
];
