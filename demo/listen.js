/** The one socket that init has passed: descriptor 3 (sd_listen_fds(3)). Nothing else is needed for activation. */

/** @typedef {import("node:net").Server} Server */

/**
 * Serves on the inherited socket until SIGTERM, then takes no more connections and ends when the last is done.
 *
 * @param {Server} server
 */
export function listen(server) {
  if (process.env["LISTEN_PID"] !== String(process.pid)) {
    console.error("no socket was passed: this is started by its socket unit");
    process.exit(1);
  }
  server.listen({ fd: 3 });
  process.once("SIGTERM", () => server.close());
}
