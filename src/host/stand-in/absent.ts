/**
 * In place of packages that pino loads for destinations and transports other than the one that usher gives it
 * (sonic-boom, thread-stream, on-exit-leak-free, redaction). Calling it is a bug.
 */
export function absent(): never {
  throw new Error("this part of pino is not in usher");
}
