/** Whether the image under test is the build with AddressSanitizer, which needs and keeps things of its own. */
export const isSanitized: boolean = process.env["USHER_PRODUCT_IMAGE"]?.includes(":asan") === true;
