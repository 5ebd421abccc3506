/**
 * Text of a fragment or a drop-in → settings, through the directive table. Whatever is wrong becomes a diagnostic;
 * only what systemd refuses a unit for refuses it here.
 */

import { findDirective, hasSection } from "../directive/directive-table.ts";
import type { KnownKind } from "../directive/known-directives.ts";
import type { UnitType } from "../model.ts";
import { type Draft, writable } from "../settings.ts";
import type { Diagnostic, Severity } from "../text/diagnostic.ts";
import { type Assignment, type LexedFile, lexUnitFile, positionAt } from "../text/lexer.ts";
import { expandSpecifiers, type SpecifierFacts } from "../text/specifier.ts";
import type { ReportDetails, Scope } from "../value/value-type.ts";

export interface UnitText {
  readonly file: string;
  readonly lexed: LexedFile;
}

/** Lexes a file so that it can be read for any number of units (a template's instances). */
export function lexText(file: string, text: string): UnitText {
  return { file, lexed: lexUnitFile(text) };
}

/** What became of a file, and what was wrong with it. */
export interface ReadOutcome {
  readonly state: "loaded" | "bad-setting" | "error";
  /** Why the unit is not to be loaded. */
  readonly problem: Diagnostic | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads one file after the other; what it reads at the moment is in its fields. */
export interface Reader {
  readonly facts: SpecifierFacts;
  readonly scope: Scope;
  file: string;
  unitName: string;
  fragmentPath: string | null;
  diagnostics: Diagnostic[];
  assignment: Assignment;
  refused: Diagnostic | null;
  /** Something was complained about while the present value was read. */
  complained: boolean;
}

const NOWHERE: Assignment = {
  section: "",
  key: "",
  value: "",
  line: 0,
  column: 0,
  valueLine: 0,
  valueColumn: 0,
  breaks: null,
};

function complain(
  reader: Reader,
  severity: Severity,
  message: string,
  details: ReportDetails = {},
): Diagnostic {
  const { assignment } = reader;
  const { line, column } = positionAt(assignment, Math.max(0, details.offset ?? 0));
  const diagnostic: Diagnostic = {
    severity,
    file: reader.file,
    line,
    column,
    message: `${assignment.key}=: ${message}`,
    found: details.found ?? null,
    expected: details.expected ?? null,
  };
  reader.diagnostics.push(diagnostic);
  if (severity === "error") reader.complained = true;
  return diagnostic;
}

function expand(reader: Reader, text: string, inName: boolean): string | undefined {
  if (!text.includes("%")) return text;
  const expanded = expandSpecifiers(text, reader, inName);
  if (typeof expanded === "string") return expanded;
  const what = expanded.unknown ? "is unknown here" : "has no value here";
  const offset = reader.assignment.value.indexOf(text);
  complain(reader, "error", `the specifier ${expanded.specifier} ${what}, the value is ignored`, {
    found: text,
    expected: "a specifier of systemd.unit(5), or %% for a percent sign",
    offset: offset < 0 ? 0 : offset + expanded.at,
  });
  return undefined;
}

export function createReader(facts: SpecifierFacts): Reader {
  const reader: Reader = {
    facts,
    file: "",
    unitName: "",
    fragmentPath: null,
    diagnostics: [],
    assignment: NOWHERE,
    refused: null,
    complained: false,
    scope: {
      get unitName() {
        return reader.unitName;
      },
      expand: (value, inName = false) => expand(reader, value, inName),
      report: (severity, message, details) => {
        complain(reader, severity, message, details);
      },
      refuse: (message, details) => {
        const diagnostic = complain(reader, "error", `${message}; the unit is refused`, details);
        reader.refused ??= diagnostic;
      },
    },
  };
  return reader;
}

/** Values in which "#" and ";" are ordinary text that people mean. */
const FREE_TEXT =
  /^(Description|Documentation|Exec.*|Environment|StandardInputText|SetCredential|Condition.*)$/;

/** systemd has no comments after a value; what was meant as one is part of the value. */
function warnOfTrailingComment(reader: Reader): void {
  const { key, value } = reader.assignment;
  const pattern = FREE_TEXT.test(key) ? /[ \t]#[ \t]/ : /[ \t][#;]/;
  const offset = value.search(pattern);
  if (offset < 0 || /["']/.test(value.slice(0, offset))) return;
  const comment = value.slice(offset + 1);
  complain(
    reader,
    "warning",
    `a comment can't follow a value; the text '${comment}' became part of the value`,
    {
      offset: offset + 1,
    },
  );
}

/** Keys that are known though nothing carries them out, by kind. */
type KnownKeys = Map<KnownKind, string[]>;

function readAssignment(reader: Reader, draft: Draft, known: KnownKeys | null): KnownKeys | null {
  const { section, key, value, line, column } = reader.assignment;
  const directive = findDirective(section, key);
  if (directive === undefined) {
    if (key.startsWith("X-")) return known;
    const message = `unknown key in section [${section}], ignored`;
    const place = { file: reader.file, line, column };
    const unknown = { section, key };
    reader.diagnostics.push({
      severity: "warning",
      ...place,
      message,
      found: `${key}=`,
      expected: null,
      unknown,
    });
    return known;
  }
  if (typeof directive === "string") return addKnown(known ?? new Map(), directive, `${key}=`);
  reader.complained = false;
  if (!directive.apply(draft, value, reader.scope) && !reader.complained) {
    complain(reader, "error", "wrong value, ignored", { found: value, expected: directive.expected });
  }
  return known;
}

function addKnown(known: KnownKeys, kind: KnownKind, key: string): KnownKeys {
  const keys = known.get(kind);
  if (keys === undefined) known.set(kind, [key]);
  else if (!keys.includes(key)) keys.push(key);
  return known;
}

const KNOWN_MESSAGES: Readonly<Record<KnownKind, string>> = {
  unenforced: "accepted but NOT enforced in a container",
  meaningless: "accepted, without effect in a container",
  unsupported: "NOT SUPPORTED by this version of usher, nothing comes of it",
};

function reportKnown({ diagnostics, file }: Reader, known: KnownKeys): void {
  const parts = [...known].map(([kind, keys]) => `${KNOWN_MESSAGES[kind]}: ${keys.join(" ")}`);
  const severity = known.has("unsupported") ? "warning" : "notice";
  const message = parts.join("; ");
  diagnostics.push({ severity, file, line: 0, column: 0, message, found: null, expected: null });
}

function reportLexer({ diagnostics, file }: Reader, type: UnitType, lexed: LexedFile): void {
  for (const problem of lexed.problems) {
    diagnostics.push({ severity: "warning", file, expected: null, ...problem });
  }
  for (const section of lexed.sections) {
    if (hasSection(type, section) || section.startsWith("X-")) continue;
    const line = lexed.assignments.find((assignment) => assignment.section === section)?.line ?? 0;
    const message = `unknown section [${section}] in a ${type} unit, ignored`;
    const unknown = { section, key: null };
    const place = { file, line, column: 0 };
    diagnostics.push({ severity: "warning", ...place, message, found: null, expected: null, unknown });
  }
}

function begin(reader: Reader, file: string, unitName: string, fragmentPath: string | null): void {
  reader.file = file;
  reader.unitName = unitName;
  reader.fragmentPath = fragmentPath;
  reader.diagnostics = [];
  reader.refused = null;
}

/**
 * Reads one file into the draft of a unit. After a refusal the rest is still read, for its diagnostics; of a file that
 * is fatally wrong, what comes before that.
 */
export function readInto(
  reader: Reader,
  draft: Draft,
  type: UnitType,
  { file, lexed }: UnitText,
  unitName: string,
  fragmentPath: string | null,
): ReadOutcome {
  begin(reader, file, unitName, fragmentPath);
  reportLexer(reader, type, lexed);
  let known: KnownKeys | null = null;
  let section: string | null = null;
  let isWanted = false;
  for (const assignment of lexed.assignments) {
    if (assignment.section !== section) {
      section = assignment.section;
      isWanted = hasSection(type, section);
    }
    if (!isWanted) continue;
    reader.assignment = assignment;
    known = readAssignment(reader, draft, known);
    const { value } = assignment;
    if (value.includes("#") || value.includes(";")) warnOfTrailingComment(reader);
  }
  if (known !== null) reportKnown(reader, known);
  if (lexed.sections.includes("Install")) writable(draft, "install").present = true;
  const { diagnostics, refused } = reader;
  if (lexed.fatal !== null) {
    const fatal: Diagnostic = { severity: "error", file, expected: null, ...lexed.fatal };
    diagnostics.push(fatal);
    return { state: "error", problem: fatal, diagnostics };
  }
  return { state: refused === null ? "loaded" : "bad-setting", problem: refused, diagnostics };
}
