/**
 * Images that hold usher carry this at the end of their tags, so that several checkouts can share one engine without
 * testing each other's build: `USHER_TAG_SUFFIX=-mine npm test`. Empty where it isn't set.
 */
const suffix = process.env["USHER_TAG_SUFFIX"] ?? "";

/** The tag under which this checkout has an image that holds usher. */
export function ownTag(image: string): string {
  return `${image}${suffix}`;
}
