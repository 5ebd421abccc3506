/**
 * A PID 1 whose engine crashes on purpose: one service that says what it does, one that ignores SIGTERM. Run by
 * test/container/native.test.ts; the arguments are the signal number of the crash and, for one in the middle of a stop,
 * "stop".
 */
import { native } from "../../src/host/native.ts";

const hooks = native as unknown as { readonly crash: (signal: number) => void };

const crash = (): void => hooks.crash(Number(native.argv[3]));
native.onSignal((signal) => {
  if (signal === 15) crash();
  if (signal === 17) native.reap(() => undefined);
});
native.setLastLine(15, 500_000);
const pipe = native.pipe();
if (typeof pipe === "number") native.exit(99);
else {
  const [read, write] = pipe;
  native.captureStart(read, {
    tag: 1,
    pid: 1,
    stream: 1,
    before: ["", "", "", "", "", "", "", ""],
    after: "",
    suffix: "\n",
    json: false,
    timeFormat: "none",
    priority: 6,
    parsePrefix: false,
    ringPriorityMax: -1,
  });
  const start = (script: string, fds: readonly number[]): void =>
    void native.spawn({ file: "/bin/sh", argv: ["sh", "-c", script], env: ["PATH=/usr/bin:/bin"], fds });
  start("trap 'echo service ends; exit 0' TERM; while :; do sleep 0.1; echo alive; (sleep 0.01 &); done", [
    -1,
    write,
    write,
  ]);
  start("trap '' TERM; while :; do sleep 1; done", [-1, -1, -1]);
  native.close(write);
  native.onTimer(crash);
  if (native.argv[4] !== "stop") native.setTimer(native.monotonic() + 100_000);
  native.run();
}
