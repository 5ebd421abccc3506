/**
 * Who is there: what both sides say before the first message (D-Bus Specification, "Authentication Protocol"), by
 * mechanism EXTERNAL alone, since the kernel says who a client on a Unix socket is.
 */

/** Bytes that may come before BEGIN: an honest client needs about a hundred. */
export const GREETING_MAX = 4096;

export interface Greeting {
  /** What to answer with, at once. */
  readonly answer: string;
  /** Bytes that were lines of the greeting. */
  readonly taken: number;
  readonly outcome: "more" | "done" | "failed";
}

function hex(text: string): string {
  return [...text].map((one) => one.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/** All that a client has to say, without waiting for answers. */
export function clientGreeting(uid: number): string {
  return `\0AUTH EXTERNAL ${hex(String(uid))}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n`;
}

/** What the server answered with: whether it takes descriptors does not matter, no message to it has any. */
export function readServerGreeting(received: string): Greeting {
  const end = received.indexOf("\r\n");
  const isRefusal = end >= 0 && !/^OK [0-9a-f]{32}\r/.test(received);
  if (isRefusal || received.length > GREETING_MAX) return { answer: "", taken: 0, outcome: "failed" };
  const second = end < 0 ? -1 : received.indexOf("\r\n", end + 2);
  return { answer: "", taken: second < 0 ? 0 : second + 2, outcome: second < 0 ? "more" : "done" };
}

/** What one line of a client is answered with; null: it has said all. */
function answerLine(line: string, guid: string): string | null {
  const [command = "", mechanism = "", response] = line.split(" ");
  switch (command) {
    case "AUTH":
      if (mechanism !== "EXTERNAL") return "REJECTED EXTERNAL\r\n";
      return response === undefined ? "DATA\r\n" : `OK ${guid}\r\n`;
    case "DATA":
      return `OK ${guid}\r\n`;
    case "NEGOTIATE_UNIX_FD":
      return "AGREE_UNIX_FD\r\n";
    case "BEGIN":
      return null;
    case "CANCEL":
    case "ERROR":
      return "REJECTED EXTERNAL\r\n";
    default:
      return "ERROR\r\n";
  }
}

/**
 * Answers a client whom the kernel has named already: who it says it is doesn't matter. What was answered before is not
 * in `received`; `isFirst` while nothing was.
 */
export function answerClient(received: string, guid: string, isFirst: boolean): Greeting {
  const failed: Greeting = { answer: "", taken: 0, outcome: "failed" };
  if (isFirst && received !== "" && received[0] !== "\0") return failed;
  let taken = isFirst && received !== "" ? 1 : 0;
  let answer = "";
  for (;;) {
    const end = received.indexOf("\r\n", taken);
    if (end < 0) {
      const isTooLong = received.length - taken > GREETING_MAX || answer.length > GREETING_MAX;
      return isTooLong ? failed : { answer, taken, outcome: "more" };
    }
    const said = answerLine(received.slice(taken, end), guid);
    taken = end + 2;
    if (said === null) return { answer, taken, outcome: "done" };
    answer += said;
  }
}
