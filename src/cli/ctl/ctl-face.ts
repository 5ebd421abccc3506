/** usherctl and systemctl: the same verbs and the same output; they differ in their names and their help. */
import { nearest } from "../../base/nearest.ts";
import { chooseStyle } from "../format/style.ts";
import type { System } from "../system.ts";
import { type Context, complain, createContext, EXIT_FAILURE, EXIT_OK } from "./context.ts";
import { ctlHelp } from "./help.ts";
import { helpList } from "./help-lists.ts";
import { checkCtlOptions, parseCtlOptions } from "./options.ts";
import { VERBS, type Verb } from "./verbs.ts";

export async function runCtl(system: System, program: "usherctl" | "systemctl"): Promise<number> {
  const parsed = parseCtlOptions(program, system.args);
  const list = parsed.ok ? helpList(parsed.value) : null;
  if (list !== null) {
    system.output.write(list);
    return EXIT_OK;
  }
  const settings = parsed.ok ? checkCtlOptions(parsed.value) : parsed;
  if (!settings.ok) {
    system.output.writeError(`${settings.error}\n`);
    return EXIT_FAILURE;
  }
  const context = createContext(system, program, settings.value, chooseStyle(system));
  const { options, operands } = settings.value;
  if (options.has("help")) {
    system.output.write(ctlHelp(program));
    return EXIT_OK;
  }
  if (options.has("version")) {
    system.output.write(`usher ${system.versions.usher}\n`);
    return EXIT_OK;
  }
  const [word = "list-units", ...rest] = operands;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  if (verb === undefined) return refuseVerb(context, word);
  return checkVerb(context, word, verb, rest) ? verb.run(context, rest) : EXIT_FAILURE;
}

function checkVerb(context: Context, word: string, verb: Verb, operands: readonly string[]): boolean {
  const problem = verbProblem(context, word, verb, operands);
  if (problem !== null) complain(context, problem);
  return problem === null;
}

function verbProblem(
  { settings }: Context,
  word: string,
  verb: Verb,
  operands: readonly string[],
): string | null {
  const { options } = settings;
  if (options.has("host") || options.has("machine")) return "usher controls its own container only.";
  if (settings.root !== null && !verb.offline)
    return `Verb '${word}' cannot be used with --root= or --image=.`;
  if (operands.length < verb.least) return "Too few arguments.";
  return operands.length > verb.most ? "Too many arguments." : null;
}

/** As systemctl has it. */
const FARTHEST = 5;

function refuseVerb(context: Context, word: string): number {
  const near = nearest(word, Object.keys(VERBS), FARTHEST);
  complain(context, `Unknown command verb '${word}'${near === null ? "." : `, did you mean '${near}'?`}`);
  return EXIT_FAILURE;
}
