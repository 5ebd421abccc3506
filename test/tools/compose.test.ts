import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCompose, readCompose } from "../../tools/compose.ts";

test("compose.yaml is understood as a whole", () => {
  expect(readCompose(join(import.meta.dirname, "../../compose.yaml"), {})).toEqual([
    {
      name: "demo",
      image: "usher-demo:dev",
      context: ".",
      dockerfile: "demo/Dockerfile",
      ports: [{ address: "127.0.0.1", hostPort: 8080, containerPort: 8080 }],
      environment: { USHER_LOG_FORMAT: "pretty" },
    },
  ]);
});

const service = (more: string): string =>
  `services:\n  a:\n    image: i\n    build: {context: ., dockerfile: D}\n${more}`;

test("variables are filled in, an empty one counts as unset", () => {
  const file = service(`    ports: ["127.0.0.1:\${PORT:-1}:2"]\n`);
  const hostPort = (port: string | undefined): number | undefined =>
    parseCompose(file, { PORT: port })[0]?.ports[0]?.hostPort;
  expect([hostPort("0"), hostPort(""), hostPort(undefined)]).toEqual([0, 1, 1]);
});

test.each([
  ["an unknown key of a service", service("    privileged: true\n")],
  ["an unknown key of the file", `${service("")}volumes: {}\n`],
  ["a port of another form", service('    ports: ["80"]\n')],
  ["a list where a mapping should be", service("    environment: [A=b]\n")],
])("%s is an error", (_, file) => {
  expect(() => parseCompose(file, {})).toThrow(/^compose: /);
});
