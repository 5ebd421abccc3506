/**
 * The log of a container under test as something to wait for. Lines that are JSON objects (pino's records) are
 * parsed; all others are kept as they are. Nothing here sleeps: a waiter is woken by the line it waits for.
 */

import { setTimeout as after } from "node:timers";

/** A pino record. Which further keys there are is the affair of who wrote it. */
export type LogRecord = {
  readonly level?: number;
  readonly time?: number;
  readonly msg?: string;
  readonly unit?: string;
  readonly pid?: number;
  readonly [key: string]: unknown;
};

/** One line of output, parsed where it is a record. */
export type LogLine = {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  readonly record: LogRecord | undefined;
};

type Waiter = { readonly look: (line: LogLine) => boolean; readonly settle: (error?: Error) => void };

/** How a wait may be bounded. */
export type WaitOptions = {
  /** Milliseconds until the wait fails. Default 15,000. */
  readonly timeout?: number;
  /** Look only at lines from this position on, as given by `position()`. Default: all lines, from the first. */
  readonly from?: number;
};

function parse(text: string): LogRecord | undefined {
  if (!text.startsWith("{")) {
    return undefined;
  }
  try {
    return JSON.parse(text) as LogRecord;
  } catch {
    return undefined;
  }
}

/** Collects lines as they come and lets callers wait for one. */
export class Log {
  readonly lines: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #partial = { stdout: "", stderr: "" };
  readonly #end = Promise.withResolvers<void>();
  #ended = false;

  /** Resolves when no more lines will come. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Takes a piece of a stream, cut anywhere. */
  push(stream: "stdout" | "stderr", chunk: string): void {
    const pieces = (this.#partial[stream] + chunk).split("\n");
    this.#partial[stream] = pieces.pop() ?? "";
    for (const piece of pieces) {
      this.#add(stream, piece.replace(/\r$/, ""));
    }
  }

  /** No more lines will come: whoever still waits, waits in vain. */
  end(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#partial[stream] !== "") {
        this.#add(stream, this.#partial[stream]);
        this.#partial[stream] = "";
      }
    }
    this.#ended = true;
    this.#end.resolve();
    for (const waiter of [...this.#waiters]) {
      waiter.settle(new Error("the container ended"));
    }
  }

  #add(stream: "stdout" | "stderr", text: string): void {
    const line: LogLine = { stream, text, record: parse(text) };
    this.lines.push(line);
    for (const waiter of [...this.#waiters]) {
      if (waiter.look(line)) {
        waiter.settle();
      }
    }
  }

  /** The position after the last line so far, for `WaitOptions.from`. */
  position(): number {
    return this.lines.length;
  }

  /** All records so far. */
  records(): LogRecord[] {
    return this.lines.flatMap((line) => (line.record === undefined ? [] : [line.record]));
  }

  /** Everything so far, as it was written. */
  text(): string {
    return this.lines.map((line) => line.text).join("\n");
  }

  /** Resolves with the first line that matches, at once if it has already been written. */
  line(matches: (line: LogLine) => boolean, options: WaitOptions = {}): Promise<LogLine> {
    const { timeout = 15_000, from = 0 } = options;
    const present = this.lines.slice(from).find(matches);
    if (present !== undefined) {
      return Promise.resolve(present);
    }
    // Made here, so that the stack names the test that waits.
    const failure = new Error(`no such log line within ${timeout} ms: ${matches.toString()}`);
    if (this.#ended) {
      failure.message = `no such log line, and the container ended: ${matches.toString()}`;
      return Promise.reject(failure);
    }
    return new Promise((resolve, reject) => {
      let found: LogLine | undefined;
      const waiter: Waiter = {
        look: (line) => {
          found = matches(line) ? line : undefined;
          return found !== undefined;
        },
        settle: (error) => {
          this.#waiters.delete(waiter);
          clearTimeout(timer);
          if (found !== undefined) {
            resolve(found);
          } else {
            failure.message += error === undefined ? "" : `: ${error.message}`;
            reject(failure);
          }
        },
      };
      const timer = after(() => waiter.settle(), timeout);
      this.#waiters.add(waiter);
    });
  }

  /** Resolves with the first record that matches, at once if it has already been written. */
  async record(matches: (record: LogRecord) => boolean, options: WaitOptions = {}): Promise<LogRecord> {
    const line = await this.line(
      Object.assign(({ record }: LogLine) => record !== undefined && matches(record), {
        toString: () => matches.toString(),
      }),
      options,
    );
    return line.record ?? {};
  }
}
