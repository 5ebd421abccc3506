/** The servers under test: the client that wakes each, and one exchange in its protocol for the load. */

import type { Exchange } from "./load.ts";

export type Server = {
  readonly port: number;
  /** Run in the container; its output must match. */
  readonly client: string;
  readonly says: RegExp;
  /** As whom its processes must run. */
  readonly user: string;
  readonly exchange: Exchange;
};

const http: Exchange = {
  hello: "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  answered: (received) => /^HTTP\/1\.[01] 200 /.test(received) && received.includes("\r\n\r\n"),
};

const curl = (port: number): string => `curl -sS http://127.0.0.1:${port}/`;

const httpServer = (port: number, user: string, says: RegExp): Server => ({
  port,
  client: curl(port),
  says,
  user,
  exchange: http,
});

/** A start-up message for user postgres (protocol 3.0), as the server's documentation has it in "Message Formats". */
function postgresHello(): Buffer {
  const body = Buffer.from("\0\x03\0\0user\0postgres\0database\0postgres\0\0", "latin1");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

export const servers: Readonly<Record<string, Server>> = {
  redis: {
    port: 6379,
    client: "redis-cli -h 127.0.0.1 ping",
    says: /^PONG$/m,
    user: "redis",
    exchange: { hello: "PING\r\n", answered: (received) => received.startsWith("+PONG") },
  },
  postgresql: {
    port: 5432,
    client: "psql -h 127.0.0.1 -U postgres -Atc 'select 6 * 7'",
    says: /^42$/m,
    user: "postgres",
    exchange: {
      hello: postgresHello(),
      // ReadyForQuery, idle.
      answered: (received) => received.endsWith("Z\0\0\0\x05I"),
      forbidden: /starting up/,
    },
  },
  mariadb: {
    port: 3306,
    client: "mariadb -h 127.0.0.1 -u guest -Ne 'select 6 * 7'",
    says: /^42$/m,
    user: "mysql",
    // The server speaks first: a length, a sequence number, protocol version 10, and its name.
    exchange: { hello: "", answered: (received) => received.slice(4).startsWith("\n11.8") },
  },
  memcached: {
    port: 11211,
    client: "printf 'version\\r\\nquit\\r\\n' | nc 127.0.0.1 11211",
    says: /^VERSION /m,
    user: "memcache",
    exchange: { hello: "version\r\n", answered: (received) => received.startsWith("VERSION ") },
  },
  nginx: httpServer(80, "www-data", /^nginx$/m),
  haproxy: httpServer(8080, "haproxy", /^haproxy$/m),
  go: httpServer(8081, "alice", /^go \d+$/m),
  java: httpServer(8082, "bob", /^java \d+$/m),
  node: httpServer(8083, "alice", /^node \d+$/m),
  python: httpServer(8084, "bob", /Directory listing/),
  gunicorn: httpServer(8085, "alice", /^gunicorn \d+$/m),
};
