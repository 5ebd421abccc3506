/**
 * A vitest reporter beside the usual one: names each test that failed and then passed when it was tried again. Tests
 * in containers meet a machine's bad moments; one that needs a second try often has a fault that is worth finding.
 */
import type { Reporter, TestCase } from "vitest/node";

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter's default export
export default class SecondTry implements Reporter {
  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky === true) console.log(`   passed only at its second try: ${test.fullName}`);
  }
}
