/** The composition root of usher as an init: reads the command line, and runs units or hands over to the tools. */
import { native } from "./host/native.ts";
import { environmentValue } from "./runtime/environment.ts";
import { runInit } from "./runtime/init.ts";
import { parseInvocation } from "./runtime/options.ts";

const EXIT_USAGE = 2;

function main(): void {
  const complaints: string[] = [];
  const invocation = parseInvocation(
    native.argv.slice(1),
    (name) => environmentValue(native.environ, name),
    (complaint) => complaints.push(complaint),
  );
  if (!invocation.ok) {
    native.writeOut(2, `usher: ${invocation.error}\n`);
    native.exit(EXIT_USAGE);
  }
  if (invocation.value.kind === "tool") native.loadBlob("tools");
  else {
    runInit(native, invocation.value.options, complaints);
    native.exit(native.run());
  }
}

main();
