/**
 * Clients without end: each connects, has one exchange in the server's own protocol, and closes. What became of every
 * single one is counted, so that a test can say that none was refused.
 */

import { connect } from "node:net";

/** One exchange: what the client says first (if anything), and when it has what it came for. */
export type Exchange = {
  readonly hello: string | Buffer;
  /** Everything received so far, as latin1: `true` when the answer is complete and right. */
  readonly answered: (received: string) => boolean;
  /** An answer that no client may ever get. */
  readonly forbidden?: RegExp;
};

export type Tally = {
  answered: number;
  /** ECONNREFUSED and whatever else kept a connection from being made. */
  refused: number;
  /** Connected, and closed or reset before the answer. */
  lost: number;
  /** Got what `forbidden` describes. */
  wrong: number;
  /** The first few failures in words. */
  readonly remarks: string[];
};

type Outcome = "answered" | "refused" | "lost" | "wrong";

/** Milliseconds after which a client gives up: longer than any server here takes to start. */
const patience = 30_000;

function exchange(host: string, port: number, how: Exchange): Promise<[Outcome, string]> {
  return new Promise((resolve) => {
    let received = "";
    let connected = false;
    const socket = connect({ host, port, noDelay: true });
    const end = (outcome: Outcome, remark: string): void => {
      resolve([outcome, remark]);
      socket.destroy();
    };
    socket.setTimeout(patience, () => end("lost", "no answer"));
    socket.on("connect", () => {
      connected = true;
      socket.write(how.hello);
    });
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (how.forbidden?.test(received) === true) end("wrong", received);
      else if (how.answered(received)) end("answered", "");
    });
    socket.on("error", (error) => end(connected ? "lost" : "refused", error.message));
    socket.on("close", () => end("lost", "closed without an answer"));
  });
}

export type Load = {
  readonly tally: Tally;
  /** Resolves when that many more exchanges have been answered. */
  answers(count: number): Promise<void>;
  stop(): Promise<Tally>;
};

/** Starts `clients` that go on until `stop`. */
export function startLoad(host: string, port: number, how: Exchange, clients: number): Load {
  const tally: Tally = { answered: 0, refused: 0, lost: 0, wrong: 0, remarks: [] };
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  let going = true;
  const client = async (): Promise<void> => {
    while (going) {
      const [outcome, remark] = await exchange(host, port, how);
      tally[outcome] += 1;
      if (outcome !== "answered" && tally.remarks.length < 5) tally.remarks.push(`${outcome}: ${remark}`);
      for (const waiter of waiting) {
        if (tally.answered < waiter.at) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    tally,
    answers: (count) =>
      new Promise((resolve) => {
        waiting.add({ at: tally.answered + count, resolve });
      }),
    stop: async () => {
      going = false;
      await all;
      return tally;
    },
  };
}
